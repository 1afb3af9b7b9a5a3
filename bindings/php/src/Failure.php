<?php

declare(strict_types=1);

namespace Smsp;

use FFI\CData;

/** Why something failed. */
final class Failure
{
    /** @internal */
    public function __construct(
        /** The kind of failure. */
        public readonly Code $code,
        /** What happened, in one line that names the culprit and never holds the API key. */
        public readonly string $message,
        /** The service's own code; 0 if it gave none. */
        public readonly int $apiCode = 0,
        /** The HTTP status of the answer; 0 if there was none. */
        public readonly int $httpStatus = 0,
        /** Whether the same call may succeed later without a change by the caller. */
        public readonly bool $isRetryable = false,
    ) {
    }

    /** The code's name and the message. */
    public function __toString(): string
    {
        return $this->code->label() . ': ' . $this->message;
    }

    /**
     * Reads what a call left; null if that is no error.
     *
     * @internal
     */
    public static function left(Handle $error): ?self
    {
        return $error->isNull() ? null : self::read($error->pointer);
    }

    /**
     * Reads an error.
     *
     * @internal
     */
    public static function read(CData $error): self
    {
        $library = Native::library();
        return new self(
            Code::of($library->smsp_error_code($error)),
            $library->smsp_error_message($error),
            $library->smsp_error_api_code($error),
            $library->smsp_error_http_status($error),
            $library->smsp_error_is_retryable($error) !== 0,
        );
    }
}
