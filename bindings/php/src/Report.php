<?php

declare(strict_types=1);

namespace Smsp;

use Countable;
use FFI;
use Generator;
use Iterator;
use IteratorAggregate;
use OutOfBoundsException;

/**
 * The statuses of a call: one for each query, in order. Nothing of it lies in the library: it has a copy of the rows, and
 * makes of a row a status where one is looked at, which takes a quarter of the memory and less time than all at once.
 *
 * @implements IteratorAggregate<int, Status>
 */
final class Report implements Countable, IteratorAggregate
{
    /** SMSP_NO_DATE. */
    private const NO_DATE = PHP_INT_MIN;

    /** Where a struct smsp_status has its texts of the service, behind the caller's, which PHP has. */
    private const TEXTS = 16;

    /** The bytes of these two pointers: rows that are alike here have the same texts. */
    private const TEXTS_SIZE = 16;

    /** What comes then: date, state, code, API code, stop, spam, index. Keys of one letter are no new strings for each row, which makes
     * unpack three times as fast. */
    private const FIELDS = 'qd/ls/lc/la/lo/lp/Li';

    /** The bytes from the texts to the last field. A later library may have more behind it, which its stride tells. */
    private const SIZE = 48;

    /** The bytes from the texts to the code. */
    private const CODE = 28;

    /** The code of what is answered: SMSP_OK. */
    private const OK = "\0\0\0\0";

    private const FLAGS = [-1 => null, 0 => false, 1 => true];

    /** @var array<int, State> by their values: a look-up here takes half the time of tryFrom */
    private static array $states = [];

    /** @var array<int, Code> likewise */
    private static array $codes = [];

    /**
     * @param list<?string> $phoneNumbers
     * @param list<?string> $messageIds
     * @param string $rows the library's, from the texts of the first
     * @param array<string, array{?string, ?string}> $texts by the bytes of their pointers
     * @param array<int, Failure> $failures of what is not answered, by its index
     * @param array<int, int> $counts by the states' values
     */
    private function __construct(
        private readonly array $phoneNumbers,
        private readonly array $messageIds,
        private readonly string $rows,
        private readonly int $stride,
        private readonly array $texts,
        private readonly array $failures,
        private readonly array $counts,
        /** Why some were not answered; null if all were. */
        public readonly ?Failure $failure,
    ) {
    }

    /** Whether every query was answered. */
    public function isComplete(): bool
    {
        return $this->failure === null;
    }

    /** How many statuses there are: the count of the queries. */
    public function count(): int
    {
        return count($this->phoneNumbers);
    }

    /** How many are in this state. */
    public function countOf(State $state): int
    {
        return $this->counts[$state->value];
    }

    /** The status of the query at this index. */
    public function get(int $index): Status
    {
        if ($index < 0 || $index >= $this->count()) {
            throw new OutOfBoundsException("there is no status $index");
        }
        return $this->from($index)->current();
    }

    /** @return Iterator<int, Status> */
    public function getIterator(): Iterator
    {
        return $this->from(0);
    }

    /** @return array<string, mixed> */
    public function __debugInfo(): array
    {
        return ['statuses' => iterator_to_array($this), 'failure' => $this->failure];
    }

    /**
     * Takes what a call left, and throws where nothing was answered.
     *
     * @internal
     */
    public static function take(int $code, Handle $report, Handle $error, Queries $queries): self
    {
        $failure = Failure::left($error);
        $read = $report->isNull() ? null : self::read($report, $queries, $failure);
        // An exception keeps what was passed to this function, as long as somebody keeps the exception.
        $report->free();
        $error->free();
        if ($code < 0 || $read === null) {
            throw SmspException::of($code, $failure, $read);
        }
        return $read;
    }

    /** Copies a report: no call for a row that is answered, all rows are taken as one string. */
    private static function read(Handle $report, Queries $queries, ?Failure $failure): self
    {
        $library = Native::library();
        $count = $library->smsp_report_count($report->pointer);
        $stride = $library->smsp_report_stride($report->pointer);
        $first = $library->smsp_report_get($report->pointer, 0);
        $rows = $count === 0
            ? ''
            : FFI::string(Memory::pointer('char *', Memory::address($first) + self::TEXTS), ($count - 1) * $stride + self::SIZE);
        return new self(
            $queries->phoneNumbers,
            $queries->messageIds,
            $rows,
            $stride,
            self::texts($rows, $stride),
            $failure === null ? [] : self::failures($report, $rows, $stride),
            self::countStates($report),
            $failure,
        );
    }

    /**
     * The texts of the rows, each read once: the library keeps one of a kind, such as "Delivered".
     *
     * @return array<string, array{?string, ?string}>
     */
    private static function texts(string $rows, int $stride): array
    {
        $kinds = [];
        $size = strlen($rows);
        for ($place = 0; $place < $size; $place += $stride) {
            $kinds[substr($rows, $place, self::TEXTS_SIZE)] = true;
        }
        $texts = [];
        foreach (array_keys($kinds) as $pointers) {
            $addresses = unpack('qs/qd', $pointers);
            $texts[$pointers] = [self::text($addresses['s']), self::text($addresses['d'])];
        }
        return $texts;
    }

    private static function text(int $address): ?string
    {
        return $address === 0 ? null : FFI::string(Memory::pointer('char *', $address));
    }

    /**
     * Why rows are not answered: those that share an error in the library share a failure.
     *
     * @return array<int, Failure> by the indexes of the rows
     */
    private static function failures(Handle $report, string $rows, int $stride): array
    {
        $library = Native::library();
        $failures = $known = [];
        $size = strlen($rows);
        for ($index = 0, $place = self::CODE; $place < $size; $index++, $place += $stride) {
            if (substr($rows, $place, strlen(self::OK)) !== self::OK) {
                $error = $library->smsp_report_error($report->pointer, $index);
                $failures[$index] = $known[Memory::address($error)] ??= Failure::read($error);
            }
        }
        return $failures;
    }

    /** @return array<int, int> */
    private static function countStates(Handle $report): array
    {
        $counts = [];
        foreach (State::cases() as $state) {
            $counts[$state->value] = Native::library()->smsp_report_count_state($report->pointer, $state->value);
        }
        return $counts;
    }

    /** @return Generator<int, Status> */
    private function from(int $index): Generator
    {
        // What is needed for each row is at hand.
        [$rows, $texts, $failures] = [$this->rows, $this->texts, $this->failures];
        [$phoneNumbers, $messageIds] = [$this->phoneNumbers, $this->messageIds];
        [$states, $codes] = [self::states(), self::codes()];
        $count = $this->count();
        for ($place = $index * $this->stride; $index < $count; $index++, $place += $this->stride) {
            $row = unpack(self::FIELDS, $rows, $place + self::TEXTS_SIZE);
            $text = $texts[substr($rows, $place, self::TEXTS_SIZE)];
            yield $index => new Status(
                $row['i'],
                $phoneNumbers[$index],
                $messageIds[$index],
                $states[$row['s']] ?? State::Unknown,
                $codes[$row['c']] ?? Code::Internal,
                $failures[$index] ?? null,
                $row['a'],
                $row['d'] === self::NO_DATE ? null : $row['d'],
                $text[1],
                $text[0],
                self::FLAGS[$row['o']],
                self::FLAGS[$row['p']],
            );
        }
    }

    /** @return array<int, State> */
    private static function states(): array
    {
        if (self::$states === []) {
            foreach (State::cases() as $state) {
                self::$states[$state->value] = $state;
            }
        }
        return self::$states;
    }

    /** @return array<int, Code> */
    private static function codes(): array
    {
        if (self::$codes === []) {
            foreach (Code::cases() as $code) {
                self::$codes[$code->value] = $code;
            }
        }
        return self::$codes;
    }
}
