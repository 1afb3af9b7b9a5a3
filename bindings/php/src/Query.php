<?php

declare(strict_types=1);

namespace Smsp;

/** A message to ask about. */
final class Query
{
    /** The id that the service gave when the message was sent. */
    public readonly ?string $messageId;

    public function __construct(
        /** The recipient's number, in any of the forms that people write. */
        public readonly ?string $phoneNumber,
        string|int|null $messageId,
    ) {
        $this->messageId = is_int($messageId) ? (string) $messageId : $messageId;
    }
}
