<?php

// What the package for PHP costs. Configured by the environment.
//   php.php binding COUNT ROUNDS          a call with so many messages: seconds of CPU and of time, for all rounds
//   php.php pages SOCKET PATH TIMES       asks nginx for a page that prints microseconds: the median
//   php.php growth CALLS                  memory that so many calls leave behind, four times

declare(strict_types=1);

use Smsp\Client;
use Smsp\Query;
use Smsp\State;

require __DIR__ . '/../../bindings/php/autoload.php';

ini_set('memory_limit', '-1');

/** @return list<Query> */
function queries(int $count): array
{
    return array_map(static fn (int $i) => new Query(sprintf('+336%08d', $i), 100000 + $i), range(0, $count - 1));
}

function cpu(): float
{
    $usage = getrusage();
    return $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
}

function rounds(int $count, int $rounds): void
{
    $client = Client::fromEnvironment();
    $queries = queries($count);
    [$cpu, $time] = [cpu(), hrtime(true)];
    for ($round = 0; $round < $rounds; $round++) {
        $delivered = 0;
        foreach ($client->multiStatus($queries) as $status) {
            $delivered += (int) ($status->state === State::Delivered);
        }
        if ($delivered === 0) {
            exit('nothing was delivered');
        }
    }
    printf("%.6f %.6f\n", cpu() - $cpu, (hrtime(true) - $time) / 1e9);
}

function pages(string $socket, string $path, int $times): void
{
    $all = [];
    for ($i = 0; $i < $times; $i++) {
        $stream = stream_socket_client("unix://$socket");
        fwrite($stream, "GET $path HTTP/1.0\r\n\r\n");
        [$head, $body] = explode("\r\n\r\n", stream_get_contents($stream), 2);
        if (!is_numeric($body)) {
            exit("$path: $head\n$body\n");
        }
        $all[] = (int) $body;
    }
    sort($all);
    printf("%6d us  %s\n", $all[intdiv($times, 2)], $path);
}

function growth(int $calls): void
{
    $libc = FFI::cdef('struct info { size_t arena, blocks, small, maps, mapped, peak, free, used, rest, top; };'
        . 'struct info mallinfo2(void);');
    $native = static function () use ($libc): int {
        $info = $libc->mallinfo2();
        return $info->used + $info->mapped;
    };
    $resident = static fn (): int => (int) explode(' ', file_get_contents('/proc/self/statm'))[1] * 4;
    $client = Client::fromEnvironment();
    $queries = queries(3);
    for ($round = 0; $round < 4; $round++) {
        $before = [$native(), memory_get_usage(), $resident()];
        for ($i = 0; $i < $calls; $i++) {
            $client->multiStatus($queries);
        }
        $after = [$native(), memory_get_usage(), $resident()];
        vprintf(
            "$calls calls leave behind %d bytes of malloc, %d bytes of PHP's memory; resident %d KiB more\n",
            array_map(static fn (int $now, int $then) => $now - $then, $after, $before),
        );
    }
}

match ($argv[1]) {
    'binding' => rounds((int) $argv[2], (int) $argv[3]),
    'pages' => pages($argv[2], $argv[3], (int) $argv[4]),
    'growth' => growth((int) $argv[2]),
};
