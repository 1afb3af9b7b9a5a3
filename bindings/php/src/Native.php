<?php

declare(strict_types=1);

namespace Smsp;

use FFI;

/**
 * The native library: where it is looked for, and whether it fits; said in words that help.
 *
 * @internal
 */
final class Native
{
    /** Binary interfaces of other major versions differ. */
    private const MAJOR = '0.';

    private const FILE = 'libsmsp.so.0';

    /** @var (FFI&Functions)|null */
    private static ?FFI $library = null;

    private static ?string $path = null;

    /**
     * The functions of smsp.h, as methods.
     *
     * @return FFI&Functions
     */
    public static function library(): FFI
    {
        return self::$library ??= self::load();
    }

    /** Says where the library is. */
    public static function use(string $path): void
    {
        if (self::$library !== null && self::$path !== $path) {
            throw new LibraryException('libsmsp is loaded already: say where it is before its first use');
        }
        self::$path = $path;
    }

    /** A text as C takes it: what ends a text there becomes two bytes that are no UTF-8, so that the library refuses the
     * text instead of seeing a part of it. */
    public static function text(?string $text): ?string
    {
        return $text === null ? null : str_replace("\0", "\xC0\x80", $text);
    }

    /** @return FFI&Functions */
    private static function load(): FFI
    {
        self::checkExtension();
        $path = self::path();
        try {
            /** @var FFI&Functions $library */
            $library = FFI::cdef((string) file_get_contents(self::folder() . '/smsp.h'), $path);
        } catch (FFI\Exception $error) {
            throw new LibraryException(self::explain($error->getMessage(), $path), 0, $error);
        }
        self::checkVersion($library);
        return $library;
    }

    private static function folder(): string
    {
        return dirname(__DIR__);
    }

    private static function path(): string
    {
        $beside = self::folder() . '/' . self::FILE;
        return self::given() ?? (is_file($beside) ? $beside : self::FILE);
    }

    /** What the program or the environment says; what comes with a web request is not asked. */
    private static function given(): ?string
    {
        return self::$path ?? (getenv('SMSP_LIBRARY', true) ?: null);
    }

    private static function checkExtension(): void
    {
        if (!extension_loaded('ffi')) {
            throw new LibraryException(
                'the extension FFI of PHP is not loaded: install it, and write extension=ffi into php.ini'
            );
        }
    }

    /** @param FFI&Functions $library */
    private static function checkVersion(FFI $library): void
    {
        $version = $library->smsp_version();
        if (!str_starts_with($version, self::MAJOR)) {
            throw new LibraryException("libsmsp $version was found, but this package needs version " . self::MAJOR . 'x');
        }
    }

    /** Why the library could not be had, in words for who can change it. */
    private static function explain(string $reason, string $path): string
    {
        if (str_contains($reason, 'ffi.enable')) {
            return self::restricted();
        }
        if (!str_starts_with($reason, 'Failed loading')) {
            /** @var FFI&Functions $library */
            $library = FFI::cdef('const char *smsp_version(void);', $path);
            self::checkVersion($library);
            return "$path is older than this package: $reason";
        }
        $reason = self::reason($path);
        return $path === self::FILE ? self::notFound($reason) : "libsmsp cannot be loaded: $reason";
    }

    private static function restricted(): string
    {
        $preload = self::folder() . '/preload.php';
        return 'PHP lets nobody use FFI here, or only code that was preloaded: ffi.enable is "' . (string) ini_get('ffi.enable')
            . "\". With \"preload\", set opcache.preload=$preload in php.ini; or set ffi.enable=true.";
    }

    /** What the system says, which PHP does not pass on. */
    private static function reason(string $path): string
    {
        /** @var FFI&Libc $system */
        $system = FFI::cdef('void *dlopen(const char *file, int mode); const char *dlerror(void);');
        $lazy = 1;
        $system->dlopen($path, $lazy);
        return $system->dlerror() ?? 'it can be loaded now';
    }

    private static function notFound(string $reason): string
    {
        $folders = getenv('LD_LIBRARY_PATH', true) ?: '';
        $folders = $folders === '' ? 'which is not set' : "now $folders";
        return self::FILE . " was not found, or cannot be loaded ($reason). It is looked for where Smsp\\Library::use() says; "
            . 'where the variable SMSP_LIBRARY of the process says; beside this package, in ' . self::folder()
            . "; in the folders of LD_LIBRARY_PATH, $folders; and where the system looks, /usr/local/lib and /usr/lib. "
            . 'After `make install`, run ldconfig once as root.';
    }
}
