<?php

declare(strict_types=1);

namespace Smsp;

use ArrayIterator;
use Countable;
use FFI;
use Iterator;
use IteratorAggregate;
use OutOfBoundsException;

/**
 * The statuses of a call: one for each query, in order. It is plain values: nothing of it lies in the library.
 *
 * @implements IteratorAggregate<int, Status>
 */
final class Report implements Countable, IteratorAggregate
{
    /** SMSP_NO_DATE. */
    private const NO_DATE = PHP_INT_MIN;

    /** The bytes of a row that this package knows; a later library may have more, which its stride tells. */
    private const ROW = 60;

    /** What of a row is not read: the caller's two texts, which PHP has. */
    private const TEXTS = 16;

    /** The rest of a struct smsp_status: status text, date text, date, state, code, API code, stop, spam. Keys of one letter
     * are no new strings for each row, which makes unpack three times as fast. */
    private const FIELDS = 'qt/qu/qd/ls/lc/la/lo/lp';

    private const FLAGS = [-1 => null, 0 => false, 1 => true];

    /**
     * @param list<Status> $statuses
     * @param array<int, int> $counts by the states' values
     */
    private function __construct(
        private readonly array $statuses,
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
        return count($this->statuses);
    }

    /** How many are in this state. */
    public function countOf(State $state): int
    {
        return $this->counts[$state->value];
    }

    /** The status of the query at this index. */
    public function get(int $index): Status
    {
        return $this->statuses[$index] ?? throw new OutOfBoundsException("there is no status $index");
    }

    /** @return Iterator<int, Status> */
    public function getIterator(): Iterator
    {
        return new ArrayIterator($this->statuses);
    }

    /**
     * Takes what a call left, and throws where nothing was answered.
     *
     * @internal
     */
    public static function take(int $code, Handle $report, Handle $error, Queries $queries): self
    {
        $failure = Failure::read($error);
        $read = $report->isNull() ? null : new self(self::read($report, $queries), self::countStates($report), $failure);
        // An exception keeps what was passed to this function, as long as somebody keeps the exception.
        $report->free();
        $error->free();
        if ($code < 0 || $read === null) {
            throw SmspException::of($code, $failure, $read);
        }
        return $read;
    }

    /**
     * Copies the statuses: no call for a row, all rows are taken as one string and unpacked.
     *
     * @return list<Status>
     */
    private static function read(Handle $report, Queries $queries): array
    {
        $library = Native::library();
        $count = $library->smsp_report_count($report->pointer);
        if ($count === 0) {
            return [];
        }
        $stride = $library->smsp_report_stride($report->pointer);
        $first = $library->smsp_report_get($report->pointer, 0);
        $rows = FFI::string($library->cast('char *', $first) + self::TEXTS, ($count - 1) * $stride + self::ROW - self::TEXTS);
        // Texts by their addresses: the library keeps one of each kind, such as "Delivered".
        $texts = $statuses = [];
        [$states, $codes] = [self::byValue(State::cases()), self::byValue(Code::cases())];
        foreach ($queries->phoneNumbers as $index => $phoneNumber) {
            $row = unpack(self::FIELDS, $rows, $index * $stride);
            $statuses[] = new Status(
                $phoneNumber,
                $queries->messageIds[$index],
                $states[$row['s']] ?? State::Unknown,
                $codes[$row['c']] ?? Code::Internal,
                $row['a'],
                $row['d'] === self::NO_DATE ? null : $row['d'],
                $row['u'] === 0 ? null : $texts[$row['u']] ??= self::text($row['u']),
                $row['t'] === 0 ? null : $texts[$row['t']] ??= self::text($row['t']),
                self::FLAGS[$row['o']],
                self::FLAGS[$row['p']],
            );
        }
        return $statuses;
    }

    /**
     * @template Named of State|Code
     * @param list<Named> $cases
     * @return array<int, Named>
     */
    private static function byValue(array $cases): array
    {
        return array_column($cases, null, 'value');
    }

    private static function text(int $address): string
    {
        return FFI::string(Native::library()->cast('char *', $address));
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
}
