<?php

declare(strict_types=1);

namespace Smsp;

use FFI\CData;

/** What FFI makes of smsp.h, for static analysis, which cannot know. It is never loaded. */
interface Functions
{
    public function new(string $type): CData;

    public function cast(string $type, CData|int $value): CData;

    public function smsp_version(): string;

    public function smsp_code_name(int $code): string;

    public function smsp_state_name(int $state): string;

    public function smsp_state_is_final(int $state): int;

    public function smsp_error_code(CData $error): int;

    public function smsp_error_message(CData $error): string;

    public function smsp_error_api_code(CData $error): int;

    public function smsp_error_http_status(CData $error): int;

    public function smsp_error_is_retryable(CData $error): int;

    public function smsp_error_free(CData $error): void;

    public function smsp_config_new(): ?CData;

    public function smsp_config_load_env(CData $config, CData $error): int;

    public function smsp_config_set(CData $config, ?string $name, ?string $value, CData $error): int;

    public function smsp_config_get(CData $config, ?string $name): ?string;

    public function smsp_option_name(int $index): ?string;

    public function smsp_config_free(CData $config): void;

    public function smsp_client_new(CData $config, CData $client, CData $error): int;

    public function smsp_client_new_from_env(CData $client, CData $error): int;

    public function smsp_client_stat(CData $client, ?string $name, CData $value): int;

    public function smsp_stat_name(int $index): ?string;

    public function smsp_client_free(CData $client): void;

    public function smsp_multi_status(CData $client, CData $queries, int $count, CData $report, CData $error): int;

    public function smsp_multi_status_start(CData $client, CData $queries, int $count, CData $operation, CData $error): int;

    public function smsp_operation_wait(CData $operation, int $milliseconds): int;

    public function smsp_operation_progress(CData $operation, CData $done, CData $total): int;

    public function smsp_operation_fd(CData $operation): int;

    public function smsp_operation_cancel(CData $operation): void;

    public function smsp_operation_finish(CData $operation, CData $report, CData $error): int;

    public function smsp_operation_free(CData $operation): void;

    public function smsp_report_count(CData $report): int;

    public function smsp_report_get(CData $report, int $index): CData;

    public function smsp_report_stride(CData $report): int;

    public function smsp_report_count_state(CData $report, int $state): int;

    public function smsp_report_error(CData $report, int $index): CData;

    public function smsp_report_free(CData $report): void;
}
