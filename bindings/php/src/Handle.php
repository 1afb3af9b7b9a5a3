<?php

declare(strict_types=1);

namespace Smsp;

use Closure;
use FFI;
use FFI\CData;
use WeakMap;

/**
 * A handle of the library, freed once, whatever happens.
 *
 * @internal
 */
final class Handle
{
    /** @var WeakMap<Handle, true>|null */
    private static ?WeakMap $live = null;

    /** None so far, which its free accepts. */
    public readonly CData $pointer;

    /** @param (Closure(CData): void)|null $free */
    private function __construct(string $type, private ?Closure $free)
    {
        $this->pointer = Memory::room($type);
        self::live()[$this] = true;
    }

    public static function config(): self
    {
        $library = Native::library();
        return new self('smsp_config *', static fn (CData $pointer) => $library->smsp_config_free($pointer));
    }

    public static function client(): self
    {
        $library = Native::library();
        return new self('smsp_client *', static fn (CData $pointer) => $library->smsp_client_free($pointer));
    }

    /** A client that lies at this address. */
    public static function clientAt(int $address): self
    {
        $client = self::client();
        Memory::set($client->pointer, Memory::pointer('smsp_client *', $address));
        return $client;
    }

    public static function operation(): self
    {
        $library = Native::library();
        return new self('smsp_operation *', static fn (CData $pointer) => $library->smsp_operation_free($pointer));
    }

    public static function report(): self
    {
        $library = Native::library();
        return new self('smsp_report *', static fn (CData $pointer) => $library->smsp_report_free($pointer));
    }

    public static function error(): self
    {
        $library = Native::library();
        return new self('smsp_error *', static fn (CData $pointer) => $library->smsp_error_free($pointer));
    }

    /** Where the library writes the handle. */
    public function out(): CData
    {
        return FFI::addr($this->pointer);
    }

    public function isNull(): bool
    {
        return FFI::isNull($this->pointer);
    }

    /** Leaves the handle to the process. */
    public function keep(): void
    {
        $this->free = null;
    }

    public function free(): void
    {
        $free = $this->free;
        $this->free = null;
        if ($free !== null) {
            $free($this->pointer);
            // Who uses it all the same gets an error.
            Memory::set($this->pointer, null);
        }
    }

    public function __destruct()
    {
        $this->free();
    }

    /**
     * All that are not freed yet. After a fatal error (time or memory ran out) PHP calls no destructors, and a worker would go
     * on with what the request left behind.
     *
     * @return WeakMap<Handle, true>
     */
    private static function live(): WeakMap
    {
        if (self::$live === null) {
            self::$live = new WeakMap();
            register_shutdown_function(self::freeAfterFatalError(...), self::$live);
        }
        return self::$live;
    }

    /** @param WeakMap<Handle, true> $live */
    private static function freeAfterFatalError(WeakMap $live): void
    {
        $fatal = E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR;
        if (((error_get_last()['type'] ?? 0) & $fatal) !== 0) {
            foreach ($live as $handle => $_) {
                $handle->free();
            }
        }
    }
}
