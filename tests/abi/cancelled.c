/* cancelled FILE name=value…
 * A thread that was cancelled (pthread_cancel) goes through every function of the library to its end, and ends at its own
 * next cancellation point. It finds its state of cancellation as it left it. The statuses are those of FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"

static struct expectations all;
static int count;
static char **values;
static int reached, survived, state;

static void operate(smsp_client *client)
{
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    smsp_queue *queue = smsp_queue_new();
    uint64_t tags[1];
    size_t done;

    CHECK_INT(smsp_multi_status_start(client, all.queries, all.count, &operation, NULL), SMSP_OK);
    CHECK(smsp_operation_fd(operation) > 0);
    CHECK(smsp_queue_fd(queue) > 0);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_OK);
    CHECK_INT(smsp_queue_wait(queue, -1, tags, 1, &done), SMSP_OK);
    CHECK(done == 1 && tags[0] == 1);
    smsp_queue_wake(queue);
    CHECK_INT(smsp_queue_wait(queue, -1, tags, 1, &done), SMSP_PENDING);
    smsp_queue_free(queue);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &done, NULL), SMSP_OK);
    smsp_operation_cancel(operation);
    CHECK_INT(smsp_operation_finish(operation, &report, NULL), SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

/* The configuration is read and the client made, with the key file and the log, in the thread that was cancelled. */
static void work(void)
{
    smsp_client *client = client_from(count, values, 2);
    smsp_report *report = NULL;

    CHECK_INT(smsp_multi_status(client, all.queries, all.count, &report, NULL), SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    CHECK_INT(counter(client, "log_lines_dropped"), 0);
    smsp_report_free(report);
    if (threads_left > 0)
        operate(client);
    smsp_client_free(client);
}

static void *cancelled(void *context)
{
    (void)context;
    pthread_cancel(pthread_self());
    work();
    reached = 1;
    pthread_testcancel();
    survived = 1;
    return NULL;
}

static void *guarded(void *context)
{
    (void)context;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    pthread_cancel(pthread_self());
    work();
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return NULL;
}

/* What a thread ends with, where there are so many to be had with it. */
static void *run(void *(*start)(void *), int threads)
{
    pthread_t thread;
    void *end = NULL;

    reached = survived = state = -1;
    threads_left = threads;
    if (pthread_create(&thread, NULL, start, NULL) != 0)
        check_fatal("pthread_create", NULL);
    pthread_join(thread, &end);
    threads_left = THREADS_WITHOUT_END;
    return end;
}

int main(int argc, char **argv)
{
    static const int threads[] = {THREADS_WITHOUT_END, 1};
    size_t i;

    if (argc < 2)
        check_fatal("usage: cancelled FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    count = argc;
    values = argv;
    for (i = 0; i < 2; ++i) {
        CHECK(run(cancelled, threads[i]) == PTHREAD_CANCELED);
        CHECK_INT(reached, 1);
        CHECK_INT(survived, -1);
        CHECK(run(guarded, threads[i]) == NULL);
        CHECK_INT(state, PTHREAD_CANCEL_DISABLE);
    }
    expectations_free(&all);
    return check_result();
}
