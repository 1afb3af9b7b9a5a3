/* idle FILE name=value…
 * A client whose threads have asked, and that is not asked any more, has idle threads, which close the connections after a
 * while, and then neither thread nor descriptor. What the calling thread alone has asked leaves a connection. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"

/* One for each of max_connections, and one that looks after operations. */
#define MOST_THREADS 5

static void wait_a_moment(void)
{
    const struct timespec pause = {0, 10000000};

    nanosleep(&pause, NULL);
}

/* Asks at once, then in the background. The harness ends a program that hangs. */
static void ask(smsp_client *client, const struct expectations *all)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    smsp_operation *operation = NULL;

    CHECK_CODE(smsp_multi_status(client, all->queries, all->count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(all, report, 0, all->count), 0);
    smsp_report_free(report);
    CHECK_INT(smsp_multi_status_start(client, all->queries, all->count, &operation, NULL), SMSP_OK);
    CHECK_INT(smsp_operation_finish(operation, &report, NULL), SMSP_OK);
    CHECK_INT(expectations_differ(all, report, 0, all->count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
    CHECK(process_threads() <= 1 + MOST_THREADS);
}

/* Asks one message, in the calling thread. */
static void ask_here(smsp_client *client, const struct expectations *all)
{
    smsp_report *report = NULL;

    CHECK_INT(smsp_multi_status(client, all->queries, 1, &report, NULL), SMSP_OK);
    CHECK_INT(expectations_differ(all, report, 0, 1), 0);
    smsp_report_free(report);
}

int main(int argc, char **argv)
{
    const int descriptors = process_descriptors();
    struct expectations all;
    smsp_client *client;
    struct timespec before, after;

    if (argc < 2)
        check_fatal("usage: idle FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    CHECK_INT(process_threads(), 1);
    ask_here(client, &all);
    CHECK_INT(process_threads(), 1);
    CHECK_INT(process_descriptors(), descriptors + 1);
    clock_gettime(CLOCK_MONOTONIC, &before);
    ask(client, &all);
    CHECK(process_descriptors() > descriptors);
    while (process_threads() > 1 || process_descriptors() > descriptors)
        wait_a_moment();
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(after.tv_sec - before.tv_sec >= 14);
    /* It works on, and can be freed while its thread is there. */
    ask(client, &all);
    smsp_client_free(client);
    process_await_threads(1);
    CHECK_INT(process_descriptors(), descriptors);
    expectations_free(&all);
    return check_result();
}
