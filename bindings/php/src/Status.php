<?php

declare(strict_types=1);

namespace Smsp;

use DateTimeImmutable;

/**
 * What became of one message. It is answered if the service says what became of it, or refuses to: that it does not know it
 * (NotFound) or does not speak of it (Rejected). Unanswered and Invalid are not.
 */
final class Status
{
    /** @internal */
    public function __construct(
        /** The place of the query in the list that was given, counted from 0. */
        public readonly int $index,
        /** The caller's text. */
        public readonly ?string $phoneNumber,
        /** The caller's text. */
        public readonly ?string $messageId,
        /** What became of it. */
        public readonly State $state,
        /** Ok if it is answered, else the kind of failure. */
        public readonly Code $code,
        /** Why it is not answered; null if it is. Statuses share a failure. */
        public readonly ?Failure $failure,
        /** The service's code for this entry (200 where it has no objection) or its request, 0 if it gave none. */
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
