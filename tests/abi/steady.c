/* steady CALLERS CALLS CONNECTIONS FILE name=value…
 * CALLERS threads make CALLS calls each, of one message; every eighth is an operation. The library starts no more threads for
 * all of them than CONNECTIONS, which is max_connections, and 2, and opens no descriptor per call. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include "threads_left.h"

#define OPERATION 8

static struct expectations all;
static smsp_client *client;
static pthread_barrier_t begin;
static size_t calls;

static void *work(void *context)
{
    size_t i, wrong = 0, row = *(size_t *)context;

    pthread_barrier_wait(&begin);
    for (i = 0; i < calls; ++i, row = (row + 1) % all.count) {
        smsp_report *report = NULL;
        smsp_operation *operation = NULL;

        if (i % OPERATION != 0) {
            wrong += smsp_multi_status(client, all.queries + row, 1, &report, NULL) != SMSP_OK;
        } else {
            wrong += smsp_multi_status_start(client, all.queries + row, 1, &operation, NULL) != SMSP_OK;
            wrong += smsp_operation_finish(operation, &report, NULL) != SMSP_OK;
            smsp_operation_free(operation);
        }
        wrong += expectations_differ(&all, report, row, 1);
        smsp_report_free(report);
    }
    *(size_t *)context = wrong;
    return NULL;
}

int main(int argc, char **argv)
{
    size_t callers, i, *contexts;
    pthread_t *threads;
    int connections, before;

    if (argc < 5)
        check_fatal("usage: steady CALLERS CALLS CONNECTIONS FILE name=value…", NULL);
    callers = strtoul(argv[1], NULL, 10);
    calls = strtoul(argv[2], NULL, 10);
    connections = atoi(argv[3]);
    all = expectations_read(argv[4]);
    before = process_descriptors();
    client = client_from(argc, argv, 5);
    contexts = calloc(callers, sizeof *contexts);
    threads = calloc(callers, sizeof *threads);
    if (contexts == NULL || threads == NULL || pthread_barrier_init(&begin, NULL, (unsigned)callers + 1) != 0)
        check_fatal("memory", NULL);
    for (i = 0; i < callers; ++i) {
        contexts[i] = i;
        if (pthread_create(&threads[i], NULL, work, &contexts[i]) != 0)
            check_fatal("pthread_create", NULL);
    }
    threads_started = 0;
    pthread_barrier_wait(&begin);
    for (i = 0; i < callers; ++i) {
        pthread_join(threads[i], NULL);
        CHECK_INT(contexts[i], 0);
    }
    printf("%d threads were started for %lu calls\n", threads_started, (unsigned long)(callers * calls));
    CHECK(threads_started <= connections + 2);
    /* The connections, an event of each thread that asks, and that of the thread that looks after operations. */
    CHECK(process_descriptors() <= before + 2 * connections + 1);
    smsp_client_free(client);
    CHECK_INT(process_descriptors(), before);
    pthread_barrier_destroy(&begin);
    free(threads);
    free(contexts);
    expectations_free(&all);
    return check_result();
}
