<?php

declare(strict_types=1);

namespace Smsp;

/** The service refuses: Auth, Denied, RateLimited, Api. */
final class RefusedException extends SmspException
{
}
