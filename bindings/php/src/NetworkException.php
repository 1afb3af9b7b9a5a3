<?php

declare(strict_types=1);

namespace Smsp;

/** The service was not reached, or not in time: Connect, Tls, Timeout. */
final class NetworkException extends SmspException
{
}
