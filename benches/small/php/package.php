<?php

// One message a call by the package, as a page asks: the process keeps the client.

declare(strict_types=1);

use Smsp\Client;
use Smsp\Library;
use Smsp\Query;

require __DIR__ . '/calls.php';
require __DIR__ . '/../smsp-php/autoload.php';

Library::use(getcwd() . '/libsmsp.so.0');
[, $url, $key, , , $connections] = $argv;
$options = ['base_url' => $url, 'api_key' => $key, 'max_connections' => (int) $connections, 'ca_file' => getenv('BENCH_CA')];

run($argv, static function (string $number, int $id) use ($options): array {
    foreach (Client::persistent($options)->multiStatus([new Query($number, $id)]) as $status) {
        return [$status->state->label(), $status->unixSeconds, $status->stopSms, $status->isSpam];
    }
});
