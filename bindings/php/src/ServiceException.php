<?php

declare(strict_types=1);

namespace Smsp;

/** The service answered what it should not: Http, Protocol. */
final class ServiceException extends SmspException
{
}
