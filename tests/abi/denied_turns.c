/* denied_turns FILE LATENCY name=value…
 * The system has no thread to give, there is one connection, and each request takes LATENCY ms: a short call ends when
 * its own message is answered, whatever waits behind it; a long one that waits then goes on by itself, and an operation
 * that nobody is left to ask for ends. The queries and statuses are those of FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"
#include <time.h>

static struct expectations all;
static smsp_client *client;
static pthread_barrier_t together;

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void ask(size_t start, size_t count)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, all.queries + start, count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, start, count), 0);
    smsp_report_free(report);
}

/* Begins once the short call has sent its request, and asks for all. */
static void *ask_all(void *context)
{
    pthread_barrier_wait(&together);
    while (counter(client, "requests") == 0)
        continue;
    ask(0, all.count);
    return context;
}

/* The same in the background, with a thread that looks after operations and none to ask. */
static void *start_all(void *context)
{
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t before = counter(client, "requests");

    pthread_barrier_wait(&together);
    while (counter(client, "requests") == before)
        continue;
    threads_left = 1;
    CHECK_INT(smsp_multi_status_start(client, all.queries, all.count, &operation, NULL), SMSP_OK);
    CHECK_FAILS(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_RESOURCE, "thread", NULL);
    CHECK_INT(smsp_report_count(report), all.count);
    smsp_report_free(report);
    smsp_operation_free(operation);
    return context;
}

static void check_short_beside(void *(*other)(void *), long latency)
{
    pthread_t thread;
    long begun;

    threads_left = 1;
    if (pthread_create(&thread, NULL, other, NULL) != 0)
        check_fatal("pthread_create", NULL);
    pthread_barrier_wait(&together);
    begun = now_ms();
    ask(0, 1);
    CHECK(now_ms() - begun < 4 * latency);
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    long latency;

    if (argc < 3)
        check_fatal("usage: denied_turns FILE LATENCY name=value…", NULL);
    all = expectations_read(argv[1]);
    latency = atol(argv[2]);
    client = client_from(argc, argv, 3);
    pthread_barrier_init(&together, NULL, 2);
    check_short_beside(ask_all, latency);
    smsp_client_free(client);

    client = client_from(argc, argv, 3);
    check_short_beside(start_all, latency);
    smsp_client_free(client);
    pthread_barrier_destroy(&together);
    expectations_free(&all);
    return check_result();
}
