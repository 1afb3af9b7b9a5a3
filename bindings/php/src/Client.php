<?php

declare(strict_types=1);

namespace Smsp;

use FFI;
use ReflectionClass;
use SensitiveParameter;

/** A client of the service. Make one, and keep it: its connections are kept and used again. */
final class Client
{
    /** How long a call with a callback waits in C at a time, in milliseconds. */
    private const SLICE = 50;

    private Handle $handle;

    /**
     * A client with these options, or a copy of this configuration. Nothing is sent yet.
     *
     * @param Config|array<string, string|int|float|bool|null> $config
     */
    public function __construct(#[SensitiveParameter] Config|array $config)
    {
        $this->handle = self::make($config instanceof Config ? $config : new Config($config));
    }

    /**
     * A client with these options, overridden by what the environment sets: SMSPARTNER_API_KEY, and SMSP_ with an option's
     * name in capitals.
     *
     * @param array<string, string|int|float|bool|null> $options
     */
    public static function fromEnvironment(#[SensitiveParameter] array $options = []): self
    {
        return self::of($options === [] ? self::makeFromEnvironment() : self::makeOf($options));
    }

    /**
     * As fromEnvironment, but where PHP-FPM or Apache ends it with the request, the process keeps the client itself, with its
     * connections and its pace: the next request with the same options has it again. A key file that was
     * changed since makes a new one. Threaded builds of PHP (ZTS) keep none.
     *
     * @param array<string, string|int|float|bool|null> $options
     */
    public static function persistent(#[SensitiveParameter] array $options = []): self
    {
        if (PHP_ZTS) {
            return self::fromEnvironment($options);
        }
        return self::of(Kept::client(
            serialize([$options, self::environment(), self::keyFile($options)]),
            static fn (): Handle => self::makeOf($options),
        ));
    }

    /**
     * Asks what became of these messages, and waits for the answers. If only some were answered, the report's failure says
     * why; if none was, SmspException is thrown. Any number may be given.
     *
     * The callback hears at least every 50 ms how far it is, and of the end. Where it answers false or throws, the
     * call is cancelled. With one, handlers of signals run during the call.
     *
     * @param iterable<Query> $queries
     * @param (callable(Progress): mixed)|null $progress
     */
    public function multiStatus(iterable $queries, ?callable $progress = null): Report
    {
        if ($progress !== null) {
            return self::follow($this->start($queries), $progress);
        }
        $queries = Queries::of($queries);
        $memory = $queries->lay();
        [$report, $error] = [Handle::report(), Handle::error()];
        $library = Native::library();
        $code = $library->smsp_multi_status(
            $this->handle->pointer,
            Memory::pointer('smsp_query *', Memory::place($memory)),
            $queries->count(),
            $report->out(),
            $error->out(),
        );
        return Report::take($code, $report, $error, $queries);
    }

    /**
     * Starts to ask, and returns at once.
     *
     * @param iterable<Query> $queries
     */
    public function start(iterable $queries): Operation
    {
        $queries = Queries::of($queries);
        $memory = $queries->lay();
        [$operation, $error] = [Handle::operation(), Handle::error()];
        $library = Native::library();
        $code = $library->smsp_multi_status_start(
            $this->handle->pointer,
            Memory::pointer('smsp_query *', Memory::place($memory)),
            $queries->count(),
            $operation->out(),
            $error->out(),
        );
        SmspException::throwIf($code, $error);
        return new Operation($operation, $queries);
    }

    /** A counter, cumulative since the client was made; Library::counters() names them. */
    public function counter(string $name): int
    {
        $value = Memory::room('uint64_t');
        $code = Native::library()->smsp_client_stat($this->handle->pointer, Native::text($name), FFI::addr($value));
        if ($code < 0) {
            throw SmspException::of($code, new Failure(Code::of($code), "there is no counter \"$name\""), null);
        }
        return Memory::number($value);
    }

    /** @param callable(Progress): mixed $progress */
    private static function follow(Operation $operation, callable $progress): Report
    {
        try {
            do {
                $isDone = $operation->wait(self::SLICE);
                $goesOn = $progress($operation->progress()) !== false;
            } while ($goesOn && !$isDone);
            if (!$goesOn) {
                $operation->cancel();
            }
            return $operation->finish();
        } finally {
            // What the callback throws may keep it.
            $operation->close();
        }
    }

    /** @return array<string, string|false> what of the environment of the process configures a client */
    private static function environment(): array
    {
        $variables = ['SMSPARTNER_API_KEY', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy'];
        foreach (Library::options() as $option) {
            $variables[] = 'SMSP_' . strtoupper($option);
        }
        $values = [];
        foreach ($variables as $variable) {
            $values[$variable] = getenv($variable, true);
        }
        return $values;
    }

    /**
     * Which file has the key, and in which version.
     *
     * @param array<string, string|int|float|bool|null> $options
     * @return list<int>|null
     */
    private static function keyFile(array $options): ?array
    {
        $path = getenv('SMSP_API_KEY_FILE', true) ?: $options['api_key_file'] ?? null;
        if (!is_string($path) || !is_file($path)) {
            return null;
        }
        clearstatcache(true, $path);
        return [(int) fileinode($path), (int) filemtime($path), (int) filesize($path)];
    }

    private static function of(Handle $handle): self
    {
        $client = (new ReflectionClass(self::class))->newInstanceWithoutConstructor();
        $client->handle = $handle;
        return $client;
    }

    private static function makeFromEnvironment(): Handle
    {
        [$client, $error] = [Handle::client(), Handle::error()];
        $code = Native::library()->smsp_client_new_from_env($client->out(), $error->out());
        SmspException::throwIf($code, $error);
        return $client;
    }

    /** @param array<string, string|int|float|bool|null> $options */
    private static function makeOf(#[SensitiveParameter] array $options): Handle
    {
        return self::make((new Config($options))->loadEnvironment());
    }

    private static function make(Config $config): Handle
    {
        [$client, $error] = [Handle::client(), Handle::error()];
        $code = Native::library()->smsp_client_new($config->handle()->pointer, $client->out(), $error->out());
        SmspException::throwIf($code, $error);
        return $client;
    }
}
