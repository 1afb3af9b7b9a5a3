<?php

declare(strict_types=1);

namespace Smsp;

use FFI\CData;

/** What FFI makes of libc, for static analysis. It is never loaded. */
interface Libc
{
    public function dlopen(string $file, int $mode): ?CData;

    public function dlerror(): ?string;

    public function bindtextdomain(string $name, ?string $folder): ?string;
}
