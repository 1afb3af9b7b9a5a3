<?php

// What benches/small/callers.h has, for PHP, which is one caller: each call is what one page of a web server asks.
// arguments of each program: BASE_URL KEY 1 CALLS CONNECTIONS [table]

declare(strict_types=1);

const WARM_UP = 20;

/** Seconds of CPU, seconds, and threads that were started; benches/small/threads.c is loaded before all else, by LD_PRELOAD. */
function used(): array
{
    static $counter;
    $counter ??= FFI::cdef('int threads_started(void);');
    $usage = getrusage();
    $cpu = $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
    return [$cpu, hrtime(true) / 1e9, $counter->threads_started()];
}

/**
 * Warms up, asks, and prints what the asking took.
 *
 * @param callable(string, int): array{string, ?int, ?bool, ?bool} $ask state, date, STOP and spam by number and id
 */
function run(array $arguments, callable $ask): void
{
    [, , , $callers, $calls] = $arguments;
    if ($callers !== '1') {
        fwrite(STDERR, "PHP is one caller\n");
        exit(1);
    }
    $calls = (int) $calls;
    $number = static fn (int $i): string => sprintf('+336%08d', $i);
    for ($i = 0; $i < WARM_UP; $i++) {
        $ask($number(0), 100000);
    }
    [$rows, $times] = [[], []];
    [$cpu, $wall, $threads] = used();
    for ($i = 0; $i < $calls; $i++) {
        $begun = hrtime(true);
        $rows[] = $ask($number($i), 100000 + $i);
        $times[] = hrtime(true) - $begun;
    }
    [$cpuAfter, $wallAfter, $threadsAfter] = used();
    if (isset($arguments[6])) {
        $flag = static fn (?bool $flag): string => $flag === null ? '-' : ($flag ? '1' : '0');
        foreach ($rows as $i => [$state, $date, $stop, $spam]) {
            echo implode("\t", [$number($i), 100000 + $i, $state, $date ?? '-', $flag($stop), $flag($spam), '']), "\n";
        }
        return;
    }
    sort($times);
    printf(
        "%.3f %.1f %.2f %.2f %d\n",
        ($cpuAfter - $cpu) * 1e6 / $calls,
        $calls / ($wallAfter - $wall),
        $times[intdiv($calls, 2)] / 1e3,
        $times[intdiv($calls * 99, 100)] / 1e3,
        $threadsAfter - $threads,
    );
}
