<?php

// Asks for what the service holds back, by the only connection of the client that the worker keeps; writes how it ended into
// the file "ended" of the folder of the test.

declare(strict_types=1);

use Smsp\CancelledException;
use Smsp\Client;
use Smsp\Query;

require __DIR__ . '/../../autoload.php';

function ended(string $how): void
{
    file_put_contents($_GET['folder'] . '/ended', $how);
}

register_shutdown_function(static function (): void {
    if (connection_aborted() && !ignore_user_abort()) {
        ended('ended by PHP');
    }
});

/** Where the browser has gone away PHP ends the script here, unless it is told to go on. */
function see(): bool
{
    echo '.';
    flush();
    return !connection_aborted();
}

/** PHP counts the CPU time of the script. */
function work(): never
{
    set_time_limit(1);
    while (true) {
    }
}

ob_end_flush();
ignore_user_abort(isset($_GET['ignore']));
try {
    Client::persistent()->multiStatus([new Query('+33699999993', 1003)], isset($_GET['work']) ? work(...) : see(...));
} catch (CancelledException) {
    ended('cancelled');
}
