<?php

declare(strict_types=1);

namespace Smsp;

/** The native library cannot be had, or does not fit; the message says what to do. */
final class LibraryException extends \RuntimeException
{
}
