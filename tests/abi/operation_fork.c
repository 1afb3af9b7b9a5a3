/* operation_fork FILE name=value…
 * An operation that runs when the process forks is done and cancelled in the child, at once, whatever its threads hold;
 * the child can start its own. In the parent it goes on, undisturbed by what the child does with it. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <poll.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN 20

static struct expectations all;
static smsp_client *client;

static void finish(smsp_operation *operation)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

static void check_inherited(smsp_operation *operation)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i, wrong = 0, done = 0, total = 0;

    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &done, &total), SMSP_OK);
    CHECK_INT(done, all.count);
    CHECK_INT(total, all.count);
    CHECK_INT(smsp_operation_fd(operation), -1);
    smsp_operation_cancel(operation);
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_CANCELLED);
    CHECK_INT(smsp_report_count(report), all.count);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_UNANSWERED), all.count);
    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        wrong += row->code != SMSP_E_CANCELLED || !check_same(row->phone_number, all.queries[i].phone_number)
            || !check_same(row->message_id, all.queries[i].message_id);
    }
    CHECK_INT(wrong, 0);
    smsp_report_free(report);
    report = NULL;
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    smsp_operation_free(operation);
}

static int child(smsp_operation *operation)
{
    smsp_operation *own = NULL;

    check_inherited(operation);
    if (smsp_multi_status_start(client, all.queries, all.count, &own, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    smsp_client_free(client);
    finish(own);
    return check_result();
}

int main(int argc, char **argv)
{
    const struct timespec pause = {0, 300000};
    struct pollfd descriptor = {0, POLLIN, 0};
    int i, status;

    if (argc < 2)
        check_fatal("usage: operation_fork FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    for (i = 0; i < CHILDREN; ++i) {
        smsp_operation *operation = NULL;
        pid_t pid;

        if (smsp_multi_status_start(client, all.queries, all.count, &operation, NULL) != SMSP_OK)
            check_fatal("smsp_multi_status_start", NULL);
        descriptor.fd = smsp_operation_fd(operation);
        if (i % 2 == 1)
            nanosleep(&pause, NULL);
        pid = fork();
        if (pid < 0)
            check_fatal("fork", NULL);
        if (pid == 0)
            return child(operation);
        /* Not told by the child: it is done when it is readable. */
        CHECK_INT(poll(&descriptor, 1, -1), 1);
        CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
        finish(operation);
        CHECK_INT(waitpid(pid, &status, 0), pid);
        CHECK_INT(status, 0);
    }
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
