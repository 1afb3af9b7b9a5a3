<?php

declare(strict_types=1);

namespace Smsp\Tests;

use Smsp\Client;
use Smsp\Query;

/** What the tests share: simulated services, which cargo starts (tests/languages/php.rs), and clients of them. */
abstract class TestCase extends \PHPUnit\Framework\TestCase
{
    /** @return array<string, scalar> */
    protected static function options(string $simulator = 'plain'): array
    {
        $urls = json_decode((string) getenv('SMSP_TEST_SIMULATORS'), true, 512, JSON_THROW_ON_ERROR);
        return ['api_key' => 'k3y-of-the-tests', 'base_url' => $urls[$simulator], 'max_retries' => 0];
    }

    /** @param array<string, scalar> $options */
    protected static function client(string $simulator = 'plain', array $options = []): Client
    {
        return new Client($options + self::options($simulator));
    }

    /** @return list<Query> */
    protected static function queries(int ...$ids): array
    {
        return array_map(static fn (int $id) => new Query(sprintf('+336%08d', $id), $id), $ids);
    }

    /** Does this in a child of fork; answers what it prints. */
    protected static function inChild(callable $do): string
    {
        $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        $child = pcntl_fork();
        if ($child === 0) {
            fwrite($pair[1], (string) $do());
            fclose($pair[1]);
            // Without the parent's destructors and PHPUnit's shutdown functions.
            posix_kill(getmypid(), SIGKILL);
        }
        fclose($pair[1]);
        $said = stream_get_contents($pair[0]);
        pcntl_waitpid($child, $status);
        return $said;
    }
}
