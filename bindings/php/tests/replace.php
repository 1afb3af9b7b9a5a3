<?php

// Uses a kept client, and does so again after exec, which keeps the process id and its start time.

declare(strict_types=1);

require __DIR__ . '/../autoload.php';

$client = Smsp\Client::persistent(json_decode($argv[1], true));
$client->multiStatus([new Smsp\Query('+33699999993', 1)]);
echo getmypid(), ' ', $client->counter('requests'), "\n";
if (!isset($argv[2])) {
    pcntl_exec(PHP_BINARY, [__FILE__, $argv[1], 'again']);
}
