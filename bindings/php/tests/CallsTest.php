<?php

declare(strict_types=1);

namespace Smsp\Tests;

use Smsp\CancelledException;
use Smsp\Code;
use Smsp\Progress;
use Smsp\SmspException;
use Smsp\State;

/** Calls in the background. The service holds back what is asked about the id 1003. */
final class CallsTest extends TestCase
{
    private const HELD = 1003;

    private const ONE_BY_ONE = ['batch_size' => 1, 'max_connections' => 1, 'request_timeout_ms' => 0];

    public function testProgressIsToldInOrderAndToTheEnd(): void
    {
        $told = [];
        $report = self::client('slow', self::ONE_BY_ONE)->multiStatus(
            self::queries(1, 2, 3, 4),
            static function (Progress $now) use (&$told): void {
                $told[] = $now->done;
                self::assertSame(4, $now->total);
            },
        );
        self::assertTrue($report->isComplete());
        self::assertSame(4, end($told));
        self::assertGreaterThan(2, count(array_unique($told)));
        $sorted = $told;
        sort($sorted);
        self::assertSame($sorted, $told);
    }

    public function testWhatWasAnsweredBeforeACancelIsInTheReport(): void
    {
        $report = self::client('held', self::ONE_BY_ONE)->multiStatus(
            self::queries(1, 2, self::HELD, 4),
            static fn (Progress $now) => $now->done < 2,
        );
        self::assertSame(Code::Cancelled, $report->failure->code);
        self::assertSame([2, 2], [$report->countOf(State::Delivered), $report->countOf(State::Unanswered)]);
    }

    public function testACancelBeforeAnyAnswerThrows(): void
    {
        try {
            self::client('held')->multiStatus(self::queries(self::HELD), static fn () => false);
            self::fail('nothing was answered');
        } catch (CancelledException $error) {
            self::assertSame([Code::Cancelled, Code::Cancelled], [$error->failure->code, $error->report->get(0)->code]);
        }
    }

    public function testWhatTheCallbackThrowsEndsTheCall(): void
    {
        $client = self::client('held', self::ONE_BY_ONE);
        try {
            $client->multiStatus(self::queries(self::HELD), static fn () => throw new \DomainException('kept'));
            self::fail('the callback throws');
        } catch (\DomainException $kept) {
            self::assertSame('kept', $kept->getMessage());
            // The only connection is free again, though the exception is kept, and with it what the call was given.
            self::assertTrue($client->multiStatus(self::queries(1))->isComplete());
        }
    }

    public function testSignalsAreSeenDuringACall(): void
    {
        pcntl_async_signals(true);
        pcntl_signal(SIGUSR1, static fn () => throw new \DomainException('a signal'));
        $me = getmypid();
        try {
            self::client('held')->multiStatus(self::queries(self::HELD), static function () use ($me): void {
                self::inChild(static fn () => posix_kill($me, SIGUSR1));
            });
            self::fail('the handler throws');
        } catch (\DomainException $error) {
            self::assertSame('a signal', $error->getMessage());
        } finally {
            pcntl_signal(SIGUSR1, SIG_DFL);
            pcntl_async_signals(false);
        }
    }

    public function testAnOperationIsWaitedForAndFinishedOnce(): void
    {
        $operation = self::client('held')->start(self::queries(self::HELD));
        self::assertFalse($operation->wait(1));
        self::assertEquals([0, 1], [$operation->progress()->done, $operation->progress()->total]);
        $stream = fopen("php://fd/{$operation->descriptor()}", 'r');
        [$read, $none] = [[$stream], null];
        self::assertSame(0, stream_select($read, $none, $none, 0));
        $read = [$stream];
        $operation->cancel();
        self::assertTrue($operation->wait());
        self::assertSame(1, stream_select($read, $none, $none, 0));
        foreach ([CancelledException::class, SmspException::class] as $class) {
            try {
                $operation->finish();
                self::fail('it was cancelled, and then it was finished');
            } catch (SmspException $error) {
                self::assertSame($class, $error::class);
            }
        }
    }

    public function testAnOperationThatIsClosedCannotBeUsed(): void
    {
        $operation = self::client('held')->start(self::queries(self::HELD));
        $operation->close();
        $operation->close();
        $operation->cancel();
        self::assertFalse($operation->wait());
        self::assertEquals([0, -1], [$operation->progress()->total, $operation->descriptor()]);
        $this->expectExceptionMessage('SMSP_E_INVALID_ARGUMENT');
        $operation->finish();
    }

    public function testAnOperationThatIsForgottenIsEnded(): void
    {
        $client = self::client('held', self::ONE_BY_ONE);
        $operation = $client->start(self::queries(self::HELD));
        self::assertFalse($operation->wait(1));
        unset($operation);
        // The only connection is free again.
        self::assertTrue($client->multiStatus(self::queries(1))->isComplete());
    }

    public function testAClientGoesOnInAChildAndAnOperationDoesNot(): void
    {
        $client = self::client('held');
        $client->multiStatus(self::queries(1));
        $operation = $client->start(self::queries(self::HELD));
        $said = self::inChild(static function () use ($client, $operation): string {
            try {
                $operation->finish();
                return 'finished';
            } catch (CancelledException) {
                return $client->multiStatus(self::queries(2))->get(0)->state->label();
            }
        });
        self::assertSame('delivered', $said);
        self::assertFalse($operation->wait(0));
        self::assertTrue($client->multiStatus(self::queries(1))->isComplete());
    }
}
