<?php

declare(strict_types=1);

namespace Smsp;

/** The caller cancelled before anything was answered. */
final class CancelledException extends SmspException
{
}
