<?php

declare(strict_types=1);

namespace Smsp;

use RuntimeException;

/** Nothing at all was answered, or nothing could be asked. Kinds of failure have classes of their own. */
class SmspException extends RuntimeException
{
    final private function __construct(
        /** Why. */
        public readonly Failure $failure,
        /** A status for each query, whose failure says why it has no answer; null if nothing was asked. */
        public readonly ?Report $report,
    ) {
        parent::__construct((string) $failure, $failure->code->value);
    }

    /**
     * Throws where a call failed.
     *
     * @internal
     */
    public static function throwIf(int $code, Handle $error): void
    {
        if ($code < 0) {
            throw self::of($code, Failure::left($error), null);
        }
    }

    /** @internal */
    public static function of(int $code, ?Failure $failure, ?Report $report): self
    {
        $code = Code::of($code);
        $failure ??= new Failure($code, 'the library gives no reason');
        return match ($code) {
            Code::Config => new ConfigException($failure, $report),
            Code::Connect, Code::Tls, Code::Timeout => new NetworkException($failure, $report),
            Code::Http, Code::Protocol => new ServiceException($failure, $report),
            Code::Auth, Code::Denied, Code::RateLimited, Code::Api => new RefusedException($failure, $report),
            Code::Cancelled => new CancelledException($failure, $report),
            default => new self($failure, $report),
        };
    }
}
