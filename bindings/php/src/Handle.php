<?php

declare(strict_types=1);

namespace Smsp;

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

    public readonly CData $pointer;

    private function __construct(private readonly FFI $library, string $type, private ?string $free)
    {
        $this->pointer = $library->new($type);
        self::live()[$this] = true;
    }

    public static function config(): self
    {
        return new self(Native::library(), 'smsp_config *', 'smsp_config_free');
    }

    public static function client(): self
    {
        return new self(Native::library(), 'smsp_client *', 'smsp_client_free');
    }

    /** A client that lies at this address. */
    public static function clientAt(int $address): self
    {
        $client = self::client();
        $client->out()[0] = $client->library->cast('smsp_client *', $address);
        return $client;
    }

    public static function operation(): self
    {
        return new self(Native::library(), 'smsp_operation *', 'smsp_operation_free');
    }

    public static function report(): self
    {
        return new self(Native::library(), 'smsp_report *', 'smsp_report_free');
    }

    public static function error(): self
    {
        return new self(Native::library(), 'smsp_error *', 'smsp_error_free');
    }

    /** Where the library writes the handle: none so far, which its free accepts. */
    public function out(): CData
    {
        return FFI::addr($this->pointer);
    }

    public function isNull(): bool
    {
        return FFI::isNull($this->pointer);
    }

    public function address(): int
    {
        return FFI::cast('intptr_t', $this->pointer)->cdata;
    }

    /** Leaves the handle to the process. */
    public function keep(): void
    {
        $this->free = null;
    }

    public function free(): void
    {
        $free = $this->free;
        if ($free !== null) {
            $this->free = null;
            $this->library->$free($this->pointer);
        }
    }

    public function __destruct()
    {
        $this->free();
    }

    /** All that are not freed yet. After a fatal error (time or memory ran out) PHP calls no destructors, and a worker would
     * go on with what the request left behind. */
    private static function live(): WeakMap
    {
        if (self::$live === null) {
            self::$live = new WeakMap();
            register_shutdown_function(static function (): void {
                if (self::isFatal(error_get_last()['type'] ?? 0)) {
                    foreach (self::$live as $handle => $_) {
                        $handle->free();
                    }
                }
            });
        }
        return self::$live;
    }

    private static function isFatal(int $error): bool
    {
        return ($error & (E_ERROR | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR | E_RECOVERABLE_ERROR)) !== 0;
    }
}
