<?php
// The job of benches/job.h as the service's page has it: curl, json_encode, json_decode.
// BENCH_KEEP=1 keeps one handle, and with it the connection; the page makes a new one for each request.
// usage: php status.php BASE_URL KEY COUNT ROUNDS CONNECTIONS [table]      (CONNECTIONS is 1)
ini_set('memory_limit', '-1');
[, $base, $key, $count, $rounds] = $argv;
$prefix = getenv('BENCH_NATIONAL') ? '06' : '+336';
$messages = [];
for ($i = 0; $i < (int)$count; $i++) {
    $messages[] = [$prefix . sprintf('%08d', $i % 100000000), 100000 + $i];
}

function new_handle(string $base): CurlHandle
{
    $curl = curl_init();
    curl_setopt($curl, CURLOPT_URL, $base . '/multi-status');
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($curl, CURLOPT_TIMEOUT, 10);
    curl_setopt($curl, CURLOPT_POST, 1);
    if (getenv('BENCH_CA')) {
        curl_setopt($curl, CURLOPT_CAINFO, getenv('BENCH_CA'));
    }
    return $curl;
}

function state(string $text, int $code): string
{
    if ($code !== 200) {
        return $code === 4 ? 'not_found' : 'rejected';
    }
    $known = ['Delivered' => 'delivered', 'Not delivered' => 'not_delivered', 'Waiting' => 'waiting', 'ko' => 'not_sent'];
    return $known[$text] ?? 'unknown';
}

function flag(?string $value): int
{
    return $value === null ? -1 : (int)$value;
}

function ask(string $base, string $key, array $messages): array
{
    $kept = getenv('BENCH_KEEP') ? new_handle($base) : null;
    $rows = [];
    foreach (array_chunk($messages, 500) as $batch) {
        $list = [];
        foreach ($batch as [$number, $id]) {
            $list[] = ['phoneNumber' => $number, 'messageId' => $id];
        }
        $curl = $kept ?? new_handle($base);
        curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode(['apiKey' => $key, 'SMSStatut_List' => $list]));
        $result = curl_exec($curl);
        if ($result === false) {
            fwrite(STDERR, curl_error($curl) . "\n");
            exit(1);
        }
        if ($kept === null) {
            curl_close($curl);
        }
        $answer = json_decode($result, true);
        if (empty($answer['success']) || count($answer['StatutResponse_List']) !== count($batch)) {
            fwrite(STDERR, "refused, or not an answer\n");
            exit(1);
        }
        foreach ($answer['StatutResponse_List'] as $i => $entry) {
            [$number, $id] = $batch[$i];
            if ($entry['messageId'] !== $id) {
                fwrite(STDERR, "an answer to another question\n");
                exit(1);
            }
            $rows[] = [$number, $id, state($entry['status'], $entry['code']), isset($entry['date']) ? (int)$entry['date'] : null,
                flag($entry['stopSms'] ?? null), flag($entry['isSpam'] ?? null), $entry['status']];
        }
    }
    return $rows;
}

/** Seconds of CPU, seconds, and KiB at the peak. */
function used(): array
{
    $usage = getrusage();
    return [$usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']
        + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6, hrtime(true) / 1e9, $usage['ru_maxrss']];
}

$before = used();
for ($round = 0; $round < (int)$rounds; $round++) {
    $rows = ask($base, $key, $messages);
}
$after = used();
if (($argv[6] ?? '') !== 'table') {
    printf("%.6f %.6f %d %d\n", $after[0] - $before[0], $after[1] - $before[1], $after[2], $after[2] - $before[2]);
    exit(0);
}
foreach ($rows as [$number, $id, $state, $date, $stop, $spam, $text]) {
    $shown = fn(int $flag) => $flag < 0 ? '-' : $flag;
    echo implode("\t", [$number, $id, $state, $date ?? '-', $shown($stop), $shown($spam), $text]), "\n";
}
