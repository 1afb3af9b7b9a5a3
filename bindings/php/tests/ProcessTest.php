<?php

declare(strict_types=1);

namespace Smsp\Tests;

use Smsp\Client;

/** What stays in a process, and what must not. */
final class ProcessTest extends TestCase
{
    public function testAClientIsKept(): void
    {
        $options = self::options() + ['user_agent' => 'kept'];
        Client::persistent($options)->multiStatus(self::queries(1));
        self::forget();
        $again = Client::persistent($options);
        $again->multiStatus(self::queries(2));
        self::assertSame([2, 1], [$again->counter('requests'), $again->counter('connections')]);
        // In a child there are connections of its own, behind the same client.
        $said = self::inChild(static function () use ($options): string {
            self::forget();
            $client = Client::persistent($options);
            $client->multiStatus(self::queries(3));
            return $client->counter('requests') . ' ' . $client->counter('connections');
        });
        self::assertSame('3 2', $said);
    }

    public function testOtherOptionsAreAnotherClient(): void
    {
        $file = tempnam(sys_get_temp_dir(), 'key');
        $options = ['api_key_file' => $file, 'api_key' => null] + self::options();
        unset($options['api_key']);
        foreach ([['wrong', false], [self::options()['api_key'], true]] as [$key, $isRight]) {
            // The file has another length, so that no clock must pass.
            file_put_contents($file, $key);
            $client = Client::persistent($options);
            self::assertSame(0, $client->counter('requests'));
            try {
                self::assertTrue($client->multiStatus(self::queries(1))->isComplete() && $isRight);
            } catch (\Smsp\RefusedException) {
                self::assertFalse($isRight);
            }
        }
        putenv('SMSP_BATCH_SIZE=7');
        self::assertSame(0, Client::persistent($options)->counter('requests'));
        putenv('SMSP_BATCH_SIZE');
        self::assertSame(1, Client::persistent($options)->counter('requests'));
        unlink($file);
    }

    public function testAtMostEightAreKeptAndNoneIsEndedThatIsUsed(): void
    {
        self::forget();
        $make = static fn (int $number) => Client::persistent(self::options() + ['user_agent' => "client $number"]);
        $clients = array_map($make, range(1, 10));
        foreach ($clients as $client) {
            self::assertTrue($client->multiStatus(self::queries(1))->isComplete());
        }
        self::forget();
        $kept = array_map(static fn (int $number) => $make($number)->counter('requests'), range(1, 10));
        self::assertSame([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], $kept);
        self::forget();
        // The oldest makes room.
        $make(11);
        self::forget();
        self::assertSame([1, 1], [$make(2)->counter('requests'), $make(8)->counter('requests')]);
        self::assertSame(0, $make(1)->counter('requests'));
    }

    public function testAProgramThatReplacesItselfFindsNoClient(): void
    {
        $command = [PHP_BINARY, __DIR__ . '/replace.php', json_encode(self::options())];
        exec(implode(' ', array_map(escapeshellarg(...), $command)), $lines);
        self::assertCount(2, $lines);
        [[$pid, $requests], [$pidAfter, $requestsAfter]] = array_map(static fn ($line) => explode(' ', $line), $lines);
        self::assertSame([$pid, '1', '1'], [$pidAfter, $requests, $requestsAfter]);
    }

    public function testCallsLeaveNothingBehind(): void
    {
        $client = self::client();
        $queries = self::queries(1, 2, 3);
        $ask = static function (int $times) use ($client, $queries): void {
            for ($i = 0; $i < $times; $i++) {
                $client->multiStatus($queries);
                $client->multiStatus($queries, static fn () => null);
                $client->start($queries)->cancel();
                self::refuse(10);
            }
        };
        $libc = \FFI::cdef('struct info { size_t arena, blocks, small, maps, mapped, peak, free, used, rest, top; };'
            . 'struct info mallinfo2(void);');
        $taken = static function () use ($libc): array {
            gc_collect_cycles();
            $info = $libc->mallinfo2();
            return [memory_get_usage(), $info->used + $info->mapped, count(glob('/proc/self/fd/*'))];
        };
        $growths = [];
        for ($round = 0; $round < 5; $round++) {
            $before = $taken();
            $ask(200);
            $growths[] = array_map(static fn (int $now, int $then) => $now - $then, $taken(), $before);
        }
        // What is left behind is so in each round; what threads and clients of other tests do is not. The least that could be
        // forgotten, an empty report, has 100 bytes.
        self::assertLessThan(200 * 50, min(array_column($growths, 0)));
        self::assertLessThan(200 * 50, min(array_column($growths, 1)));
        self::assertLessThan(200, min(array_column($growths, 2)));
    }

    public function testAnotherCopyOfTheLibraryDoesNotGetAClientOfThisOne(): void
    {
        preg_match('~/\S*libsmsp\.so\S*~', file_get_contents('/proc/self/maps'), $found);
        $copy = tempnam(sys_get_temp_dir(), 'libsmsp');
        copy($found[0], $copy);
        $said = self::inChild(static function () use ($copy): string {
            $first = Client::persistent(self::options());
            $first->multiStatus(self::queries(1));
            (new \ReflectionProperty(\Smsp\Native::class, 'library'))->setValue(null, null);
            \Smsp\Library::use($copy);
            self::forget();
            $second = Client::persistent(self::options());
            $isComplete = $second->multiStatus(self::queries(1))->isComplete();
            return $isComplete . ' ' . $second->counter('requests');
        });
        unlink($copy);
        self::assertSame('1 1', $said);
    }

    /** Makes so many errors. */
    private static function refuse(int $times): void
    {
        for ($i = 0; $i < $times; $i++) {
            try {
                new Client(['batch_size' => 0]);
                self::fail('0 is no size');
            } catch (\Smsp\ConfigException) {
            }
        }
    }

    /** What PHP does at the end of a request. */
    private static function forget(): void
    {
        (new \ReflectionProperty(\Smsp\Kept::class, 'used'))->setValue(null, []);
    }
}
