<?php

// A request to PHP-FPM that asks about COUNT messages: ?by=new|kept|curl&count=COUNT&ca=FILE. Prints the microseconds that it took.

declare(strict_types=1);

use Smsp\Client;
use Smsp\Query;

require __DIR__ . '/../../bindings/php/autoload.php';

/** As the service's page has it: a new handle for each request. */
function byCurl(int $count): int
{
    $list = array_map(static fn (int $i) => ['phoneNumber' => "+336$i", 'messageId' => $i], range(10000000, 10000000 + $count - 1));
    $curl = curl_init(getenv('SMSP_BASE_URL') . '/multi-status');
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 10,
        CURLOPT_CAINFO => $_GET['ca'],
        CURLOPT_POSTFIELDS => json_encode(['apiKey' => getenv('SMSPARTNER_API_KEY', true), 'SMSStatut_List' => $list]),
    ]);
    return count(json_decode(curl_exec($curl), true)['StatutResponse_List']);
}

function byPackage(Client $client, int $count): int
{
    $queries = array_map(static fn (int $i) => new Query("+336$i", $i), range(10000000, 10000000 + $count - 1));
    return count($client->multiStatus($queries));
}

$count = (int) $_GET['count'];
$options = ['ca_file' => $_GET['ca']];
$start = hrtime(true);
$answered = match ($_GET['by']) {
    'new' => byPackage(Client::fromEnvironment($options), $count),
    'kept' => byPackage(Client::persistent($options), $count),
    'curl' => byCurl($count),
};
echo $answered === $count ? intdiv(hrtime(true) - $start, 1000) : "$answered answers";
