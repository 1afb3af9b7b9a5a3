/* panics FUNCTIONS name=value…
 * A defect is provoked in each function of the interface (FUNCTIONS: all that the library exports, parted by commas), by
 * a build made for that: functions with a code answer SMSP_E_INTERNAL, the others what they answer where there is
 * nothing, and none prints anything. */
#include "check.h"

/* What is left of the last order; orders a panic in the nth run of what is guarded from now on. */
int32_t smsp_test_panic(int32_t nth);

static const smsp_query query = {"+33600000001", "1"};
static smsp_config *config;
static smsp_client *client;
static smsp_operation *operation;
static smsp_queue *queue;
static smsp_report *report;
static smsp_error *error; /* one to read, not one to be written */

static void check_internal(int32_t code, smsp_error *written)
{
    CHECK_INT(code, SMSP_E_INTERNAL);
    CHECK_INT(smsp_error_code(written), SMSP_E_INTERNAL);
    CHECK_STR(smsp_error_message(written), "a defect of the library: provoked");
    smsp_error_free(written);
}

/* A function that is not found here fails the test. */
#define FALLIBLE(name, arguments) \
    if (strcmp(function, #name) == 0) { \
        smsp_error *written = check_poison(); \
        int32_t code; \
        smsp_test_panic(1); \
        code = name arguments; \
        CHECK_INT(smsp_test_panic(0), 0); \
        check_internal(code, written); \
        return; \
    }
#define ACCESSOR(name, arguments, holds) \
    if (strcmp(function, #name) == 0) { \
        smsp_test_panic(1); \
        CHECK(name arguments holds); \
        CHECK_INT(smsp_test_panic(0), 0); \
        return; \
    }
#define CODE(name, arguments) \
    if (strcmp(function, #name) == 0) { \
        smsp_test_panic(1); \
        CHECK_INT(name arguments, SMSP_E_INTERNAL); \
        CHECK_INT(smsp_test_panic(0), 0); \
        return; \
    }
#define ENDS(name, handle) \
    if (strcmp(function, #name) == 0) { \
        smsp_test_panic(1); \
        name(handle); \
        CHECK_INT(smsp_test_panic(0), 0); \
        return; \
    }

static void provoke(const char *function)
{
    smsp_client *made = NULL;
    smsp_operation *started = NULL;
    smsp_report *asked = NULL;
    uint64_t value = 42;
    uint64_t tags[1];
    size_t done = 42, total = 42, count = 42;

    ACCESSOR(smsp_version, (), != NULL)
    ACCESSOR(smsp_code_name, (SMSP_OK), [0] == '?')
    ACCESSOR(smsp_state_name, (SMSP_STATE_DELIVERED), [0] == '?')
    ACCESSOR(smsp_state_is_final, (SMSP_STATE_DELIVERED), == 0)

    ACCESSOR(smsp_error_code, (error), == 0)
    ACCESSOR(smsp_error_message, (error), == NULL)
    ACCESSOR(smsp_error_api_code, (error), == 0)
    ACCESSOR(smsp_error_http_status, (error), == 0)
    ACCESSOR(smsp_error_is_retryable, (error), == 0)
    ENDS(smsp_error_free, error)

    ACCESSOR(smsp_config_new, (), == NULL)
    FALLIBLE(smsp_config_load_env, (config, &written))
    FALLIBLE(smsp_config_set, (config, "batch_size", "7", &written))
    ACCESSOR(smsp_config_get, (config, "batch_size"), == NULL)
    ACCESSOR(smsp_option_name, (0), == NULL)
    ENDS(smsp_config_free, config)

    FALLIBLE(smsp_client_new, (config, &made, &written))
    FALLIBLE(smsp_client_new_from_env, (&made, &written))
    CODE(smsp_client_stat, (client, "requests", &value))
    ACCESSOR(smsp_stat_name, (0), == NULL)
    ENDS(smsp_client_free, client)

    FALLIBLE(smsp_multi_status, (client, &query, 1, &asked, &written))
    FALLIBLE(smsp_multi_status_start, (client, &query, 1, &started, &written))
    CODE(smsp_operation_wait, (operation, 0))
    CODE(smsp_operation_progress, (operation, &done, &total))
    ACCESSOR(smsp_operation_fd, (operation), == -1)
    /* It may run in a signal handler, so it is not guarded, and calls nothing that panics. */
    if (strcmp(function, "smsp_operation_cancel") == 0)
        return;
    FALLIBLE(smsp_operation_finish, (operation, &asked, &written))
    ENDS(smsp_operation_free, operation)

    ACCESSOR(smsp_queue_new, (), == NULL)
    CODE(smsp_operation_notify, (operation, queue, 1))
    CODE(smsp_queue_wait, (queue, 0, tags, 1, &count))
    ACCESSOR(smsp_queue_fd, (queue), == -1)
    /* The same as smsp_operation_cancel. */
    if (strcmp(function, "smsp_queue_wake") == 0)
        return;
    ENDS(smsp_queue_free, queue)

    ACCESSOR(smsp_report_count, (report), == 0)
    ACCESSOR(smsp_report_get, (report, 0), == NULL)
    ACCESSOR(smsp_report_stride, (report), == 0)
    ACCESSOR(smsp_report_count_state, (report, SMSP_STATE_INVALID), == 0)
    ACCESSOR(smsp_report_error, (report, 0), == NULL)
    ENDS(smsp_report_free, report)

    if (strcmp(function, "smsp_test_panic") != 0) {
        fprintf(stderr, "no case for %s\n", function);
        CHECK(0);
    }
}

/* A thread of the library has a defect: the call ends, and says so. */
static void provoke_in_a_thread(void)
{
    smsp_report *asked = NULL;
    smsp_error *written = check_poison();
    int32_t code;

    smsp_test_panic(2);
    code = smsp_multi_status(client, &query, 1, &asked, &written);
    check_internal(code, written);
    CHECK_INT(smsp_test_panic(0), 0);
    CHECK_INT(smsp_report_get(asked, 0)->code, SMSP_E_INTERNAL);
    smsp_report_free(asked);
}

int main(int argc, char **argv)
{
    static const smsp_query unusable = {"not a number", "1"};
    char *function;

    if (argc < 2)
        check_fatal("usage: panics FUNCTIONS name=value…", NULL);
    config = config_from(argc, argv, 2);
    client = client_from(argc, argv, 2);
    provoke_in_a_thread();
    CHECK_INT(smsp_multi_status(client, &unusable, 1, &report, &error), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_multi_status_start(client, &unusable, 1, &operation, NULL), SMSP_OK);
    queue = smsp_queue_new();
    for (function = strtok(argv[1], ","); function != NULL; function = strtok(NULL, ","))
        provoke(function);

    /* What was not ended is as it was. */
    CHECK_INT(smsp_error_code(error), SMSP_E_INVALID_ARGUMENT);
    CHECK_STR(smsp_config_get(config, "batch_size"), "500");
    CHECK_INT(smsp_report_count(report), 1);
    smsp_report_free(report);
    report = NULL;
    CHECK_INT(smsp_operation_finish(operation, &report, NULL), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_report_count(report), 1);
    smsp_report_free(report);
    smsp_operation_free(operation);
    CHECK(smsp_queue_fd(queue) > 2);
    smsp_queue_free(queue);
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, NULL), SMSP_OK);
    smsp_report_free(report);
    smsp_error_free(error);
    smsp_client_free(client);
    smsp_config_free(config);
    return check_result();
}
