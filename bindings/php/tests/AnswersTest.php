<?php

declare(strict_types=1);

namespace Smsp\Tests;

use Smsp\Code;
use Smsp\Query;
use Smsp\SmspException;
use Smsp\State;

final class AnswersTest extends TestCase
{
    public function testEachQueryHasItsStatus(): void
    {
        $report = self::client()->multiStatus([new Query('+33 6 99 99 99 93', '111111'), new Query('+33699999992', 1000)]);
        self::assertTrue($report->isComplete());
        self::assertNull($report->failure);
        self::assertCount(2, $report);
        [$delivered, $unknown] = iterator_to_array($report);
        self::assertEquals($report->get(1), $unknown);
        self::assertEquals($report, unserialize(serialize($report)));
        self::assertStringContainsString('Numéro introuvable', print_r($report, true));
        self::assertSame([0, 1], [$delivered->index, $unknown->index]);
        self::assertSame([null, null], [$delivered->failure, $unknown->failure]);
        self::assertSame(['+33 6 99 99 99 93', '111111'], [$delivered->phoneNumber, $delivered->messageId]);
        self::assertSame([State::Delivered, Code::Ok, 200], [$delivered->state, $delivered->code, $delivered->apiCode]);
        self::assertSame([1517934416, null, 'Delivered'], [$delivered->unixSeconds, $delivered->dateText, $delivered->statusText]);
        self::assertSame('2018-02-06T16:26:56+00:00', $delivered->date()->format('c'));
        self::assertSame([false, false], [$delivered->stopSms, $delivered->isSpam]);
        self::assertSame(['1000', State::NotFound, 4], [$unknown->messageId, $unknown->state, $unknown->apiCode]);
        self::assertSame([null, null, null], [$unknown->date(), $unknown->stopSms, $unknown->isSpam]);
        self::assertSame('Numéro introuvable', $unknown->statusText);
        self::assertSame([1, 1, 0], array_map($report->countOf(...), [State::Delivered, State::NotFound, State::Waiting]));
    }

    public function testAnyNumberOfQueriesFromAnythingThatCanBeIterated(): void
    {
        $client = self::client();
        $queries = (static fn () => yield from self::queries(...range(1, 1201)))();
        $ids = [];
        foreach ($client->multiStatus($queries) as $index => $status) {
            self::assertSame([$index, $index + 1], [$status->index, (int) $status->messageId]);
            $ids[] = $status->messageId;
        }
        self::assertCount(1201, $ids);
        self::assertSame(3, $client->counter('requests'));
        self::assertCount(0, $client->multiStatus([]));
        self::assertSame(3, $client->counter('requests'));
    }

    public function testThereIsNoStatusPastTheEnd(): void
    {
        $report = self::client()->multiStatus(self::queries(1));
        $this->expectException(\OutOfBoundsException::class);
        $report->get(1);
    }

    /** @return iterable<string, array{Query, string}> */
    public static function unusable(): iterable
    {
        yield 'a zero byte in a number' => [new Query("+33699999993\0", '1'), 'phone_number: the text is not UTF-8'];
        yield 'a zero byte in an id' => [new Query('+33699999993', "\0"), 'message_id: the text is not UTF-8'];
        yield 'no UTF-8' => [new Query("\xFF", '1'), 'phone_number: the text is not UTF-8'];
        yield 'no number' => [new Query(null, '1'), 'phone_number: the pointer is NULL'];
        yield 'no id' => [new Query('+33699999993', null), 'message_id: the pointer is NULL'];
    }

    /** @dataProvider unusable */
    public function testWhatCannotBeAskedIsInvalidAndComesBackWhole(Query $query, string $why): void
    {
        $report = self::client()->multiStatus([$query, ...self::queries(1)]);
        self::assertSame([State::Invalid, State::Delivered], [$report->get(0)->state, $report->get(1)->state]);
        self::assertSame(Code::InvalidArgument, $report->get(0)->code);
        self::assertSame([$query->phoneNumber, $query->messageId], [$report->get(0)->phoneNumber, $report->get(0)->messageId]);
        self::assertStringContainsString("queries[0] (counted from 0): $why", $report->failure->message);
        self::assertSame("SMSP_E_INVALID_ARGUMENT: $why", (string) $report->get(0)->failure);
        self::assertNull($report->get(1)->failure);
        self::assertFalse($report->isComplete());
        try {
            self::client()->multiStatus([$query]);
            self::fail('nothing was answered');
        } catch (SmspException $error) {
            self::assertSame([SmspException::class, Code::InvalidArgument], [$error::class, $error->failure->code]);
            self::assertCount(1, $error->report);
        }
    }

    public function testOnlyQueriesAreTaken(): void
    {
        $this->expectException(\TypeError::class);
        $this->expectExceptionMessage('a query must be of type Smsp\Query, string given');
        self::client()->multiStatus(['+33699999993']);
    }

    /** @return iterable<string, array{string, string}> what the service does, and how the exception tells of it */
    public static function failures(): iterable
    {
        $table = [
            'refuse code=10' => 'RefusedException Auth 10 200 0',
            'refuse code=20' => 'RefusedException Denied 20 200 0',
            'refuse code=50' => 'RefusedException Api 50 200 0',
            'too-many-requests' => 'RefusedException RateLimited 0 429 1',
            'status code=503' => 'ServiceException Http 0 503 1',
            'status code=404' => 'ServiceException Http 0 404 0',
            'garbage-body' => 'ServiceException Protocol 0 200 1',
            'reset-after' => 'NetworkException Connect 0 0 1',
            'latency ms=60000' => 'NetworkException Timeout 0 0 1',
            'https' => 'NetworkException Tls 0 0 0',
        ];
        foreach ($table as $fault => $line) {
            yield $fault => [$fault, $line];
        }
    }

    /** @dataProvider failures */
    public function testFailuresAreToldByTheirKind(string $fault, string $line): void
    {
        $client = self::client($fault, ['request_timeout_ms' => $fault === 'latency ms=60000' ? 100 : 10000]);
        try {
            $client->multiStatus([...self::queries(1), new Query('nobody', 1)]);
            self::fail('nothing was answered');
        } catch (SmspException $error) {
            $failure = $error->failure;
            self::assertSame("Smsp\\$line", sprintf(
                '%s %s %d %d %d',
                $error::class,
                $failure->code->name,
                $failure->apiCode,
                $failure->httpStatus,
                $failure->isRetryable,
            ));
            self::assertSame([(string) $failure, $failure->code->value], [$error->getMessage(), $error->getCode()]);
            [$asked, $invalid] = iterator_to_array($error->report);
            self::assertSame([State::Unanswered, $failure->code], [$asked->state, $asked->code]);
            self::assertEquals($failure, $asked->failure);
            self::assertSame(State::Invalid, $invalid->state);
        }
    }

    public function testEachStatusHasItsFailureAndThoseOfARequestShareIt(): void
    {
        $client = self::client('one by one', ['batch_size' => 2, 'max_connections' => 1]);
        $ids = ['1', '2', '3', '4', '5', '', '2'];
        $report = $client->multiStatus(array_map(static fn (string $id) => new Query('+33612345678', $id), $ids));
        self::assertSame(Code::Http, $report->failure->code);
        foreach ([$report, unserialize(serialize($report))] as $report) {
            $told = [];
            foreach ($report as $status) {
                $why = $status->failure;
                $told[] = $why === null ? 'answered' : "{$why->code->name} $why->apiCode $why->httpStatus";
                self::assertSame([$status->code, $why->apiCode ?? 200], [$why->code ?? Code::Ok, $status->apiCode]);
            }
            $wanted = ['Http 0 404', 'Http 0 404', 'Api 50 200', 'Api 50 200', 'answered', 'InvalidArgument 0 0', 'Http 0 404'];
            self::assertSame($wanted, $told);
            self::assertSame('message_id: the text is empty', $report->get(5)->failure->message);
            self::assertStringContainsString('50', $report->get(2)->failure->message);
            self::assertSame($report->get(0)->failure, $report->get(1)->failure);
            self::assertSame($report->get(0)->failure, $report->get(6)->failure);
            self::assertSame($report->get(2)->failure, $report->get(3)->failure);
        }
    }

    public function testAMessageThatIsRefusedAloneIsAnswered(): void
    {
        $client = self::client('refuse alone');
        $report = $client->multiStatus(self::queries(1, 2, 3, 4));
        self::assertTrue($report->isComplete());
        $refused = $report->get(2);
        self::assertSame([State::Rejected, Code::Ok, 9], [$refused->state, $refused->code, $refused->apiCode]);
        self::assertNull($refused->failure);
        self::assertNotNull($refused->statusText);
        self::assertSame([1, 2], [$report->countOf(State::Rejected), $client->counter('batches_halved')]);
    }
}
