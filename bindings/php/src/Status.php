<?php

declare(strict_types=1);

namespace Smsp;

use DateTimeImmutable;

/** What became of one message. */
final class Status
{
    /** @internal */
    public function __construct(
        /** The caller's text. */
        public readonly ?string $phoneNumber,
        /** The caller's text. */
        public readonly ?string $messageId,
        /** What became of it. */
        public readonly State $state,
        /** Ok, or why there is no answer. */
        public readonly Code $code,
        /** The service's code for this entry (200 where it has no objection), 0 if it gave none. */
        public readonly int $apiCode,
        /** When the state was reached, in Unix seconds; null if the service did not tell. */
        public readonly ?int $unixSeconds,
        /** The service's date as text where it is not Unix seconds, else null: it names no time zone. */
        public readonly ?string $dateText,
        /** The service's text, in English or French, or null. */
        public readonly ?string $statusText,
        /** Whether the recipient answered STOP; null if the service did not tell. */
        public readonly ?bool $stopSms,
        /** Whether the message was taken for spam; null if the service did not tell. */
        public readonly ?bool $isSpam,
    ) {
    }

    /** When the state was reached, in UTC; null if the service did not tell. */
    public function date(): ?DateTimeImmutable
    {
        return $this->unixSeconds === null ? null : new DateTimeImmutable("@$this->unixSeconds");
    }
}
