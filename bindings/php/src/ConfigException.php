<?php

declare(strict_types=1);

namespace Smsp;

/** An option's name or value is wrong; the message names it. */
final class ConfigException extends SmspException
{
}
