/* riders WHAT FILE name=value…
 * Calls that wait for the only connection share a request. WHAT is
 * "together": each gets its own status by two requests in all;
 * "cancelled": one that is cancelled ends before the others, and if all are, the request is abandoned;
 * "refused": where the service refuses the key, all that wait end after one request. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <time.h>

#define OPERATIONS 9

static struct expectations all;
static smsp_client *client;
static smsp_operation *operations[OPERATIONS];

static void start(size_t i)
{
    CHECK_INT(smsp_multi_status_start(client, all.queries + i, 1, &operations[i], NULL), SMSP_OK);
}

/* Waits until so many requests are sent. The harness ends a program that hangs. */
static void await_requests(uint64_t count)
{
    const struct timespec pause = {0, 1000000};

    while (counter(client, "requests") < count)
        nanosleep(&pause, NULL);
}

/* The first operation takes the connection; the others wait, each with a message of its own. */
static void start_all(void)
{
    const uint64_t requests = counter(client, "requests");
    size_t i;

    start(0);
    await_requests(requests + 1);
    for (i = 1; i < OPERATIONS; ++i)
        start(i);
}

static void finish(size_t i, int32_t code)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    int32_t is = smsp_operation_finish(operations[i], &report, &error);

    CHECK_INT(is, code);
    CHECK_INT(smsp_report_count(report), 1);
    if (code == SMSP_OK)
        CHECK_INT(expectations_differ(&all, report, i, 1), 0);
    else
        CHECK_INT(smsp_report_get(report, 0)->code, code);
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_operation_free(operations[i]);
}

static void check_together(void)
{
    size_t i;

    start_all();
    for (i = 0; i < OPERATIONS; ++i)
        finish(i, SMSP_OK);
    CHECK_INT(counter(client, "requests"), 2);
    CHECK_INT(counter(client, "calls_ridden"), OPERATIONS - 1);
    CHECK_INT(counter(client, "entries_answered"), OPERATIONS);
}

static void check_cancelled(void)
{
    size_t i;

    start_all();
    finish(0, SMSP_OK);
    await_requests(2);
    smsp_operation_cancel(operations[3]);
    CHECK_INT(smsp_operation_wait(operations[3], -1), SMSP_OK);
    CHECK_INT(smsp_operation_wait(operations[4], 0), SMSP_PENDING);
    for (i = 1; i < OPERATIONS; ++i)
        finish(i, i == 3 ? SMSP_E_CANCELLED : SMSP_OK);

    start_all();
    finish(0, SMSP_OK);
    await_requests(4);
    for (i = 1; i < OPERATIONS; ++i)
        smsp_operation_cancel(operations[i]);
    for (i = 1; i < OPERATIONS; ++i)
        finish(i, SMSP_E_CANCELLED);
    /* A connection over which an answer came would be used again. */
    CHECK_INT(counter(client, "connections"), 1);
    start_all();
    for (i = 0; i < OPERATIONS; ++i)
        finish(i, SMSP_OK);
    CHECK_INT(counter(client, "connections"), 2);
}

static void check_refused(void)
{
    size_t i;

    start_all();
    for (i = 0; i < OPERATIONS; ++i)
        finish(i, SMSP_E_AUTH);
    CHECK_INT(counter(client, "requests"), 1);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        check_fatal("usage: riders WHAT FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    if (strcmp(argv[1], "together") == 0)
        check_together();
    else if (strcmp(argv[1], "cancelled") == 0)
        check_cancelled();
    else
        check_refused();
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
