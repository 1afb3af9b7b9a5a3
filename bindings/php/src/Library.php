<?php

declare(strict_types=1);

namespace Smsp;

/** What the library says of itself. */
final class Library
{
    /** Says where the native library is, before its first use. */
    public static function use(string $path): void
    {
        Native::use($path);
    }

    /** The version of the native library that runs, "x.y.z". */
    public static function version(): string
    {
        return Native::library()->smsp_version();
    }

    /**
     * The names of all options, which docs/CONFIGURATION.md explains.
     *
     * @return list<string>
     */
    public static function options(): array
    {
        $names = [];
        while (($name = Native::library()->smsp_option_name(count($names))) !== null) {
            $names[] = $name;
        }
        return $names;
    }

    /**
     * The names of all counters of a client.
     *
     * @return list<string>
     */
    public static function counters(): array
    {
        $names = [];
        while (($name = Native::library()->smsp_stat_name(count($names))) !== null) {
            $names[] = $name;
        }
        return $names;
    }
}
