<?php

/*
 * For web servers where ffi.enable is "preload", as it is by default: only code that was preloaded may use FFI there.
 * In php.ini or the pool: opcache.preload=/.../bindings/php/preload.php, or require it in a preload file of your own.
 */

declare(strict_types=1);

require_once __DIR__ . '/autoload.php';

foreach (glob(__DIR__ . '/src/*.php') ?: [] as $file) {
    class_exists('Smsp\\' . basename($file, '.php'));
}
