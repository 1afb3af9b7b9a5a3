<?php

declare(strict_types=1);

namespace Smsp;

use FFI;
use FFI\CData;
use TypeError;

/**
 * The queries of a call, as lists of texts.
 *
 * @internal
 */
final class Queries
{
    /** The pointers in a struct smsp_query. */
    private const POINTERS = 2;

    private const POINTER_BYTES = 8;

    /**
     * @param list<?string> $phoneNumbers
     * @param list<?string> $messageIds
     * @param string $texts all of them as C takes them, number and id in turn
     */
    private function __construct(
        public readonly array $phoneNumbers,
        public readonly array $messageIds,
        private readonly string $texts,
    ) {
    }

    /** @param iterable<mixed> $queries */
    public static function of(iterable $queries): self
    {
        $list = is_array($queries) ? array_values($queries) : iterator_to_array($queries, false);
        $phoneNumbers = $messageIds = [];
        $texts = '';
        $count = count($list);
        // By index: what a variable of a loop lets go of, PHP keeps in mind for its collector of cycles.
        for ($index = 0; $index < $count; $index++) {
            if (!$list[$index] instanceof Query) {
                throw new TypeError('a query must be of type Smsp\Query, ' . get_debug_type($list[$index]) . ' given');
            }
            $phoneNumbers[] = $phoneNumber = $list[$index]->phoneNumber;
            $messageIds[] = $messageId = $list[$index]->messageId;
            $texts .= "$phoneNumber\0$messageId\0";
        }
        return new self($phoneNumbers, $messageIds, $texts);
    }

    public function count(): int
    {
        return count($this->phoneNumbers);
    }

    /** An array of struct smsp_query and behind it all texts, in one piece of memory, for one call. */
    public function lay(): CData
    {
        // FFI takes what it copies by reference, which is not for a property that is read only.
        $texts = $this->texts;
        if (substr_count($texts, "\0") !== self::POINTERS * $this->count()) {
            return $this->escaped()->lay();
        }
        $pointers = self::POINTERS * $this->count();
        $words = $pointers + intdiv(strlen($texts), self::POINTER_BYTES) + 1;
        $memory = Memory::room("int64_t[$words]");
        $place = Memory::place($memory) + self::POINTER_BYTES * $pointers;
        $behind = Memory::pointer('char *', $place);
        FFI::memcpy($behind, $texts, strlen($texts));
        $pointer = 0;
        foreach ($this->phoneNumbers as $index => $phoneNumber) {
            $messageId = $this->messageIds[$index];
            $memory[$pointer++] = $phoneNumber === null ? 0 : $place;
            $place += strlen($phoneNumber ?? '') + 1;
            $memory[$pointer++] = $messageId === null ? 0 : $place;
            $place += strlen($messageId ?? '') + 1;
        }
        return $memory;
    }

    /** The same without bytes that would end a text in C. */
    private function escaped(): self
    {
        return self::of(array_map(
            static fn (?string $number, ?string $id): Query => new Query(Native::text($number), Native::text($id)),
            $this->phoneNumbers,
            $this->messageIds,
        ));
    }
}
