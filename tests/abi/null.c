/* NULL for each pointer of each function. No call here gets as far as the network. */
#include "check.h"

static void check_config(void)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_config_load_env(NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_config_load_env(NULL, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_config_load_env(config, NULL), SMSP_OK);

    CHECK_CODE(smsp_config_set(NULL, "batch_size", "7", &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_CODE(smsp_config_set(config, NULL, "7", &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_CODE(smsp_config_set(config, "batch_size", NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_config_set(NULL, NULL, NULL, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_config_set(config, "batch_size", "7", NULL), SMSP_OK);

    CHECK_STR(smsp_config_get(NULL, "batch_size"), NULL);
    CHECK_STR(smsp_config_get(config, NULL), NULL);
    CHECK_STR(smsp_config_get(NULL, NULL), NULL);
    smsp_config_free(NULL);
    smsp_config_free(config);
}

static void check_client(const smsp_config *config)
{
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();
    uint64_t value = 42;

    CHECK_CODE(smsp_client_new(NULL, &client, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(client == NULL);
    client = check_poison();
    CHECK_INT(smsp_client_new(NULL, &client, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK(client == NULL);
    CHECK_CODE(smsp_client_new(config, NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_new(NULL, NULL, NULL), SMSP_E_INVALID_ARGUMENT);

    CHECK_CODE(smsp_client_new_from_env(NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_new_from_env(NULL, NULL), SMSP_E_INVALID_ARGUMENT);

    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    CHECK_INT(smsp_client_stat(NULL, "requests", &value), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_stat(client, NULL, &value), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_stat(client, "requests", NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_stat(NULL, NULL, NULL), SMSP_E_INVALID_ARGUMENT);
    smsp_client_free(NULL);
    smsp_client_free(client);
}

static void check_multi_status(const smsp_config *config)
{
    const smsp_query query = {"+33600000001", "1"};
    smsp_client *client = NULL;
    smsp_report *report = check_poison();
    smsp_error *error = check_poison();

    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_OK);

    CHECK_CODE(smsp_multi_status(NULL, &query, 1, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(report == NULL);
    report = check_poison();
    CHECK_CODE(smsp_multi_status(NULL, NULL, 0, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(report == NULL);
    report = check_poison();
    CHECK_CODE(smsp_multi_status(client, NULL, 1, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(report == NULL);
    report = check_poison();
    CHECK_INT(smsp_multi_status(client, NULL, 1, &report, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK(report == NULL);
    CHECK_CODE(smsp_multi_status(client, &query, 1, NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_CODE(smsp_multi_status(client, NULL, 0, NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_multi_status(NULL, NULL, 0, NULL, NULL), SMSP_E_INVALID_ARGUMENT);

    CHECK_CODE(smsp_multi_status(client, NULL, 0, &report, &error), &error, SMSP_OK);
    CHECK(report != NULL);
    CHECK_INT(smsp_report_count(report), 0);
    smsp_report_free(report);

    CHECK_INT(counter(client, "requests"), 0);
    CHECK_INT(counter(client, "connections"), 0);
    smsp_client_free(client);
}

static void check_operation(const smsp_config *config)
{
    const smsp_query query = {NULL, NULL};
    smsp_client *client = NULL;
    smsp_operation *operation = check_poison();
    smsp_report *report = check_poison();
    smsp_error *error = check_poison();
    size_t done = 7, total = 7;

    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_OK);

    CHECK_CODE(smsp_multi_status_start(NULL, &query, 1, &operation, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(operation == NULL);
    operation = check_poison();
    CHECK_CODE(smsp_multi_status_start(client, NULL, 1, &operation, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(operation == NULL);
    CHECK_CODE(smsp_multi_status_start(client, &query, 1, NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_multi_status_start(NULL, NULL, 0, NULL, NULL), SMSP_E_INVALID_ARGUMENT);

    CHECK_INT(smsp_operation_wait(NULL, 0), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_operation_progress(NULL, &done, &total), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(done + total, 14);
    CHECK_INT(smsp_operation_fd(NULL), -1);
    smsp_operation_cancel(NULL);
    CHECK_CODE(smsp_operation_finish(NULL, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK(report == NULL);
    CHECK_INT(smsp_operation_finish(NULL, NULL, NULL), SMSP_E_INVALID_ARGUMENT);
    smsp_operation_free(NULL);

    CHECK_CODE(smsp_multi_status_start(client, NULL, 0, &operation, &error), &error, SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, NULL, NULL), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &done, NULL), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, NULL, &total), SMSP_OK);
    CHECK_INT(done + total, 0);
    /* That there is no place for the report takes none away. */
    CHECK_CODE(smsp_operation_finish(operation, NULL, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK(report != NULL);
    CHECK_INT(smsp_report_count(report), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);

    CHECK_INT(counter(client, "connections"), 0);
    smsp_client_free(client);
}

static void check_queue(const smsp_config *config)
{
    smsp_client *client = NULL;
    smsp_operation *operation = NULL;
    smsp_queue *queue = smsp_queue_new();
    uint64_t tags[2] = {7, 7};
    size_t count = 7;

    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_OK);
    CHECK_INT(smsp_multi_status_start(client, NULL, 0, &operation, NULL), SMSP_OK);

    CHECK_INT(smsp_operation_notify(NULL, queue, 1), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_operation_notify(operation, NULL, 1), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_operation_notify(NULL, NULL, 1), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_OK);

    /* The tag stays for those who can take it. */
    CHECK_INT(smsp_queue_wait(NULL, -1, tags, 2, &count), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(count, 0);
    count = 7;
    CHECK_INT(smsp_queue_wait(queue, -1, NULL, 2, &count), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(count, 0);
    count = 7;
    CHECK_INT(smsp_queue_wait(queue, -1, tags, 0, &count), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(count, 0);
    CHECK_INT(smsp_queue_wait(queue, -1, tags, 2, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_queue_wait(NULL, -1, NULL, 0, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_queue_wait(queue, -1, tags, SIZE_MAX, &count), SMSP_OK);
    CHECK(count == 1 && tags[0] == 1 && tags[1] == 7);

    CHECK_INT(smsp_queue_fd(NULL), -1);
    smsp_queue_wake(NULL);
    smsp_queue_free(NULL);
    smsp_queue_free(queue);
    smsp_operation_free(operation);
    smsp_client_free(client);
}

static void check_accessors(void)
{
    CHECK_INT(smsp_report_count(NULL), 0);
    CHECK(smsp_report_get(NULL, 0) == NULL);
    CHECK_INT(smsp_report_stride(NULL), 0);
    CHECK(smsp_report_error(NULL, 0) == NULL);
    CHECK_INT(smsp_report_count_state(NULL, SMSP_STATE_UNANSWERED), 0);
    smsp_report_free(NULL);

    CHECK_INT(smsp_error_code(NULL), 0);
    CHECK_STR(smsp_error_message(NULL), NULL);
    CHECK_INT(smsp_error_api_code(NULL), 0);
    CHECK_INT(smsp_error_http_status(NULL), 0);
    CHECK_INT(smsp_error_is_retryable(NULL), 0);
    smsp_error_free(NULL);
}

int main(void)
{
    char key[] = "api_key=key", url[] = "base_url=http://127.0.0.1:9";
    char *options[] = {key, url};
    smsp_config *config = config_from(2, options, 0);

    check_config();
    check_client(config);
    check_multi_status(config);
    check_operation(config);
    check_queue(config);
    check_accessors();
    smsp_config_free(config);
    return check_result();
}
