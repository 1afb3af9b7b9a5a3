<?php

// One message a call by curl, json_encode and json_decode; one handle is kept, and with it the connection.

declare(strict_types=1);

require __DIR__ . '/calls.php';

[, $url, $key] = $argv;
$curl = curl_init("$url/multi-status");
curl_setopt_array($curl, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
    CURLOPT_CAINFO => getenv('BENCH_CA'),
    CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
]);

function state(string $text, int $code): string
{
    if ($code !== 200) {
        return $code === 4 ? 'not_found' : 'rejected';
    }
    $known = ['Delivered' => 'delivered', 'Not delivered' => 'not_delivered', 'Waiting' => 'waiting', 'ko' => 'not_sent'];
    return $known[$text] ?? 'unknown';
}

run($argv, static function (string $number, int $id) use ($curl, $key): array {
    $list = [['phoneNumber' => $number, 'messageId' => $id]];
    curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode(['apiKey' => $key, 'SMSStatut_List' => $list]));
    $result = curl_exec($curl);
    if ($result === false) {
        throw new RuntimeException(curl_error($curl));
    }
    $answer = json_decode($result, true);
    $entry = $answer['StatutResponse_List'][0] ?? null;
    if (empty($answer['success']) || $entry === null || $entry['messageId'] !== $id) {
        throw new RuntimeException('refused, or not an answer to this question');
    }
    $flag = static fn (string $name): ?bool => isset($entry[$name]) ? $entry[$name] === '1' : null;
    $date = isset($entry['date']) ? (int) $entry['date'] : null;
    return [state($entry['status'], $entry['code']), $date, $flag('stopSms'), $flag('isSpam')];
});
