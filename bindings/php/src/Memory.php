<?php

declare(strict_types=1);

namespace Smsp;

use FFI;
use FFI\CData;

/**
 * Values in C, which have types for FFI alone.
 *
 * @internal
 */
final class Memory
{
    /** Room for a value of this type, all zeros. */
    public static function room(string $type): CData
    {
        /** @var CData */
        return Native::library()->new($type);
    }

    /** A pointer of this type to this address. */
    public static function pointer(string $type, int $address): CData
    {
        /** @var CData */
        return Native::library()->cast($type, $address);
    }

    /** The address that a pointer or a function has. */
    public static function address(CData $pointer): int
    {
        /** @var CData $address */
        $address = Native::library()->cast('intptr_t', $pointer);
        return self::number($address);
    }

    /** The address of a value. */
    public static function place(CData $value): int
    {
        return self::address(FFI::addr($value));
    }

    public static function number(CData $value): int
    {
        return $value->cdata;
    }

    /** Writes a pointer into the room for one. */
    public static function set(CData $room, ?CData $pointer): void
    {
        FFI::addr($room)[0] = $pointer;
    }
}
