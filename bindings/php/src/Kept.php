<?php

declare(strict_types=1);

namespace Smsp;

use FFI;
use FFI\CData;
use SensitiveParameter;

/**
 * Clients that outlive requests.
 *
 * PHP destroys at the end of a request whatever a program can hold, but not the memory of the process. Where the clients
 * lie in it is written into a table that belongs to the process as they do: that of libc's bindtextdomain, under
 * a name that is nobody's else. exec, which ends the clients, ends the table too; fork copies both, and a client works in
 * the child. So an address that is found there is that of a client that lives.
 *
 * @internal
 */
final class Kept
{
    private const NAME = 'libsmsp-php';

    /** What bindtextdomain() of PHP cannot write: it takes folders that exist only. */
    private const PREFIX = 'libsmsp-php:';

    /** More clients than a program needs at once. */
    private const MOST = 8;

    /** @var array<string, Handle> those that this request has: none of them may be ended */
    private static array $used = [];

    /**
     * The client of this identity, made where there is none yet. Beyond the limit the oldest makes room; if this request has
     * them all, the new one is not kept.
     *
     * @param callable(): Handle $make
     */
    public static function client(#[SensitiveParameter] string $identity, #[SensitiveParameter] callable $make): Handle
    {
        $identity = self::copyOfLibrary() . hash('sha256', $identity);
        return self::$used[$identity] ??= self::find($identity) ?? self::add($identity, $make());
    }

    /** What the names of all clients of this copy of the library begin with. Another copy can neither use nor free them. */
    private static function copyOfLibrary(): string
    {
        /** @var CData $function */
        $function = Native::library()->smsp_client_free;
        return dechex(Memory::address($function)) . ':';
    }

    private static function find(string $identity): ?Handle
    {
        $address = self::read()[$identity] ?? null;
        if ($address === null) {
            return null;
        }
        $client = Handle::clientAt($address);
        $client->keep();
        return $client;
    }

    private static function add(string $identity, Handle $client): Handle
    {
        $clients = self::read();
        $isOwn = static fn (string $name): bool => str_starts_with($name, self::copyOfLibrary());
        $own = array_filter($clients, $isOwn, ARRAY_FILTER_USE_KEY);
        $idle = array_diff_key($own, self::$used);
        $isFull = count($own) >= self::MOST;
        if ($isFull && $idle === []) {
            return $client;
        }
        $client->keep();
        $oldest = $isFull ? array_slice($idle, 0, 1) : [];
        self::write(array_diff_key($clients, $oldest) + [$identity => Memory::address($client->pointer)]);
        // Only now, when nobody can find it.
        foreach ($oldest as $address) {
            Handle::clientAt($address)->free();
        }
        return $client;
    }

    /** @return array<string, int> addresses by identities */
    private static function read(): array
    {
        $text = self::table()->bindtextdomain(self::NAME, null) ?? '';
        /** @var array<string, int> */
        return str_starts_with($text, self::PREFIX) ? json_decode(substr($text, strlen(self::PREFIX)), true) : [];
    }

    /** @param array<string, int> $clients */
    private static function write(array $clients): void
    {
        self::table()->bindtextdomain(self::NAME, self::PREFIX . json_encode($clients, JSON_THROW_ON_ERROR));
    }

    /** @return FFI&Libc */
    private static function table(): FFI
    {
        /** @var FFI&Libc */
        return FFI::cdef('const char *bindtextdomain(const char *name, const char *folder);');
    }
}
