<?php

// Asks what became of messages and prints their statuses.    php multi_status.php PHONE:ID ...
// Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
// Exit status: 0 if every message was answered, 1 if some were, 2 if none was.

declare(strict_types=1);

use Smsp\Client;
use Smsp\Query;
use Smsp\Report;
use Smsp\SmspException;

require __DIR__ . '/../../bindings/php/autoload.php';    // with Composer: vendor/autoload.php

function toQuery(string $argument): Query
{
    [$phone, $id] = explode(':', $argument, 2) + ['', ''];    // no id: the report says Invalid
    return new Query($phone, $id);
}

function show(Report $report): void
{
    foreach ($report as $status) {
        $date = $status->dateText ?? $status->date()?->format('Y-m-d\TH:i:s\Z') ?? '';
        printf(
            "%-16s %-12s %-13s %-20s %s\n",
            $status->phoneNumber,
            $status->messageId,
            $status->state->label(),
            $date,
            $status->failure?->message ?? $status->statusText,
        );
    }
}

function main(array $arguments): int
{
    try {
        // One client for as long as possible: it keeps its connections.
        $report = Client::fromEnvironment()->multiStatus(array_map(toQuery(...), $arguments));
    } catch (SmspException $error) {
        // Nothing was answered; $error->failure->isRetryable tells whether it makes sense to ask again later.
        if ($error->report !== null) {
            show($error->report);
        }
        fwrite(STDERR, $error->getMessage() . "\n");
        return 2;
    }
    show($report);
    if (!$report->isComplete()) {
        fwrite(STDERR, "SMSP_PARTIAL: {$report->failure->message}\n");
    }
    return $report->isComplete() ? 0 : 1;
}

exit(main(array_slice($argv, 1)));
