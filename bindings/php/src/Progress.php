<?php

declare(strict_types=1);

namespace Smsp;

/** How far a call has come. */
final class Progress
{
    /** @internal */
    public function __construct(
        /** How many queries are answered or given up. */
        public readonly int $done,
        /** How many there are. */
        public readonly int $total,
    ) {
    }
}
