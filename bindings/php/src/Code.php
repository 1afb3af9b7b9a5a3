<?php

declare(strict_types=1);

namespace Smsp;

/** What came of a call or of an entry. 0 is success, positive a condition that is not an error. */
enum Code: int
{
    /** SMSP_OK: every entry was answered. */
    case Ok = 0;

    /** SMSP_PARTIAL: some entries were answered, others not. */
    case Partial = 1;

    /** SMSP_PENDING: a wait ran out of time; nothing is wrong. */
    case Pending = 2;

    /** SMSP_E_INVALID_ARGUMENT: every entry is invalid, or a value that no call can use. */
    case InvalidArgument = -1;

    /** SMSP_E_CONFIG: an option's name or value; the message names it. */
    case Config = -2;

    /** SMSP_E_CONNECT: no connection, or it was lost before a whole answer came. */
    case Connect = -3;

    /** SMSP_E_TLS: the handshake was refused, or the certificate is not trusted. */
    case Tls = -4;

    /** SMSP_E_TIMEOUT: one of the time limits; the message names it. */
    case Timeout = -5;

    /** SMSP_E_CANCELLED: the caller cancelled. */
    case Cancelled = -6;

    /** SMSP_E_HTTP: an HTTP status that is not 2xx. */
    case Http = -7;

    /** SMSP_E_PROTOCOL: an answer that is not what the service documents, or too large. */
    case Protocol = -8;

    /** SMSP_E_AUTH: the service refuses the API key. */
    case Auth = -9;

    /** SMSP_E_DENIED: the service refuses the account or this address. */
    case Denied = -10;

    /** SMSP_E_RATE_LIMITED: HTTP status 429, too many requests. */
    case RateLimited = -11;

    /** SMSP_E_API: the service refuses this batch by another code. */
    case Api = -12;

    /** SMSP_E_RESOURCE: memory, threads or descriptors cannot be had. */
    case Resource = -13;

    /** SMSP_E_INTERNAL: a defect of the library, caught; or a code of a later library, which this package does not know. */
    case Internal = -99;

    /** The library's name of it, such as "SMSP_E_TIMEOUT". */
    public function label(): string
    {
        return Native::library()->smsp_code_name($this->value);
    }

    /** @internal */
    public static function of(int $number): self
    {
        return self::tryFrom($number) ?? self::Internal;
    }
}
