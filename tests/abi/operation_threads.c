/* operation_threads FILE name=value…
 * Many threads wait for, look at and finish one operation, and one of them cancels it at a moment of its own. Whatever
 * the moment, the operation ends, one thread gets the report, and every entry is either as FILE has it (expect.h) or
 * cancelled. */
#define _GNU_SOURCE
#include "expect.h"
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 30

static struct expectations all;
static smsp_operation *operation;
static pthread_barrier_t together;
static useconds_t moment;
static struct {
    size_t wrong;
    int32_t code;
    smsp_report *report;
    smsp_error *error;
} found[THREADS];

static void *work(void *context)
{
    size_t number = (size_t)context, before = 0, now = 0, total = 0;
    struct pollfd descriptor = {0, POLLIN, 0};

    pthread_barrier_wait(&together);
    if (number == 0) {
        usleep(moment);
        smsp_operation_cancel(operation);
    } else if (number == 1) {
        descriptor.fd = smsp_operation_fd(operation);
        found[number].wrong += poll(&descriptor, 1, -1) != 1;
        found[number].wrong += smsp_operation_wait(operation, 0) != SMSP_OK;
    } else if (number == 2) {
        found[number].wrong += smsp_operation_wait(operation, -1) != SMSP_OK;
    }
    while (number > 2 && smsp_operation_wait(operation, 1) == SMSP_PENDING) {
        found[number].wrong += smsp_operation_progress(operation, &now, &total) != SMSP_OK;
        found[number].wrong += now < before || total != all.count;
        before = now;
    }
    found[number].code = smsp_operation_finish(operation, &found[number].report, &found[number].error);
    smsp_operation_progress(operation, &now, &total);
    found[number].wrong += now != total;
    return NULL;
}

/* How many entries are neither answered as expected nor cancelled. */
static size_t foreign(const smsp_report *report)
{
    size_t i, count = 0;

    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        if (row->code == SMSP_E_CANCELLED)
            count += row->state != SMSP_STATE_UNANSWERED || !check_same(row->phone_number, all.queries[i].phone_number);
        else
            count += !expect_same(row, &all.statuses[i]);
    }
    return count;
}

static void check_report(size_t number)
{
    const smsp_report *report = found[number].report;
    size_t missing = smsp_report_count_state(report, SMSP_STATE_UNANSWERED);

    CHECK_INT(smsp_report_count(report), all.count);
    CHECK_INT(foreign(report), 0);
    CHECK_INT(found[number].code, missing == 0 ? SMSP_OK : missing < all.count ? SMSP_PARTIAL : SMSP_E_CANCELLED);
    CHECK_INT(smsp_error_code(found[number].error), missing == 0 ? SMSP_OK : SMSP_E_CANCELLED);
}

static void check_round(smsp_client *client)
{
    pthread_t threads[THREADS];
    size_t i, reports = 0;

    memset(found, 0, sizeof found);
    if (smsp_multi_status_start(client, all.queries, all.count, &operation, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    for (i = 0; i < THREADS; ++i)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            check_fatal("pthread_create", NULL);
    for (i = 0; i < THREADS; ++i)
        pthread_join(threads[i], NULL);
    for (i = 0; i < THREADS; ++i) {
        CHECK_INT(found[i].wrong, 0);
        if (found[i].report != NULL) {
            ++reports;
            check_report(i);
        } else {
            CHECK_INT(found[i].code, SMSP_E_INVALID_ARGUMENT);
        }
        smsp_report_free(found[i].report);
        smsp_error_free(found[i].error);
    }
    CHECK_INT(reports, 1);
    smsp_operation_free(operation);
}

int main(int argc, char **argv)
{
    smsp_client *client;
    int round;

    if (argc < 2)
        check_fatal("usage: operation_threads FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    pthread_barrier_init(&together, NULL, THREADS);
    for (round = 0; round < ROUNDS; ++round) {
        moment = (useconds_t)round * 1000;
        check_round(client);
    }
    pthread_barrier_destroy(&together);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
