<?php

// Asks about a message, with a client that the worker keeps (?kept) or one of the request.

declare(strict_types=1);

use Smsp\Client;
use Smsp\LibraryException;
use Smsp\Query;
use Smsp\SmspException;

require __DIR__ . '/../../autoload.php';

try {
    $client = isset($_GET['kept']) ? Client::persistent() : Client::fromEnvironment();
    $report = $client->multiStatus([new Query('+33699999993', 111111)]);
    echo implode(' ', [
        getmypid(),
        $client->counter('requests'),
        $client->counter('connections'),
        $report->get(0)->state->label(),
    ]);
} catch (SmspException | LibraryException $error) {
    echo $error->getMessage();
}
