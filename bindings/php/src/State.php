<?php

declare(strict_types=1);

namespace Smsp;

/** What became of a message. */
enum State: int
{
    /** SMSP_STATE_UNANSWERED: asked, but no answer was had; the entry's failure says why. */
    case Unanswered = 0;

    /** SMSP_STATE_DELIVERED: it reached its recipient. Final. */
    case Delivered = 1;

    /** SMSP_STATE_NOT_DELIVERED: it did not and will not. Final. */
    case NotDelivered = 2;

    /** SMSP_STATE_WAITING: under way, no delivery report yet. */
    case Waiting = 3;

    /** SMSP_STATE_NOT_FOUND: the service does not know it, or not yet. */
    case NotFound = 4;

    /** SMSP_STATE_NOT_SENT: the service did not send it. Final. */
    case NotSent = 5;

    /** SMSP_STATE_REJECTED: the service refuses this entry; its API code and status text say why. */
    case Rejected = 6;

    /** SMSP_STATE_INVALID: not asked, the number or the id cannot be one; the entry's failure says why. Final. */
    case Invalid = 7;

    /** SMSP_STATE_UNKNOWN: the service's text is none that the library knows; it is in the status text. */
    case Unknown = 8;

    /** The library's name of it, such as "not_delivered". */
    public function label(): string
    {
        return Native::library()->smsp_state_name($this->value);
    }

    /** Whether it will never change. */
    public function isFinal(): bool
    {
        return Native::library()->smsp_state_is_final($this->value) !== 0;
    }
}
