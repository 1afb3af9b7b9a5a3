/* operation FILE name=value…
 * What an operation promises, for the queries and statuses of FILE (expect.h): progress, waiting, the descriptor, the
 * report, once. The service that the arguments lead to takes its time, so that an operation is seen under way. */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static struct expectations all;
static smsp_client *client;

static smsp_operation *start(const smsp_query *queries, size_t count)
{
    smsp_operation *operation = check_poison();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status_start(client, queries, count, &operation, &error), &error, SMSP_OK);
    return operation;
}

/* Takes the report, which must be the one that is expected; a second one there is not. */
static void finish(smsp_operation *operation)
{
    smsp_report *report = check_poison();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), all.count);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    report = check_poison();
    CHECK_FAILS(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_INVALID_ARGUMENT, "before", NULL);
    CHECK(report == NULL);
}

static size_t done(const smsp_operation *operation)
{
    size_t done = 0, total = 0;

    CHECK_INT(smsp_operation_progress(operation, &done, &total), SMSP_OK);
    CHECK_INT(total, all.count);
    return done;
}

static void check_progress(void)
{
    smsp_operation *operation = start(all.queries, all.count);
    size_t before = 0, now, steps = 0;

    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_PENDING);
    while (smsp_operation_wait(operation, 1) == SMSP_PENDING) {
        now = done(operation);
        CHECK(now >= before && now <= all.count);
        steps += now > before;
        before = now;
    }
    CHECK(steps > 1);
    CHECK_INT(done(operation), all.count);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_wait(operation, INT64_MAX), SMSP_OK);
    smsp_operation_cancel(operation); /* too late to change anything */
    finish(operation);
    CHECK_INT(done(operation), all.count);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    smsp_operation_free(operation);
}

static int readable(int fd, int timeout)
{
    struct pollfd descriptor = {0, POLLIN, 0};

    descriptor.fd = fd;
    return poll(&descriptor, 1, timeout) == 1 && descriptor.revents == POLLIN;
}

static void check_descriptor(void)
{
    smsp_operation *operation = start(all.queries, all.count);
    int fd = smsp_operation_fd(operation), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {EPOLLIN, {0}};
    struct timeval none = {0, 0};
    fd_set set;

    CHECK(fd >= 0);
    CHECK_INT(smsp_operation_fd(operation), fd);
    CHECK_INT(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    CHECK(!readable(fd, 0));
    CHECK_INT(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
    CHECK_INT(epoll_wait(epoll, &event, 1, -1), 1);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(epoll_wait(epoll, &event, 1, 0), 1);
    FD_ZERO(&set);
    FD_SET(fd, &set);
    CHECK_INT(select(fd + 1, &set, NULL, NULL, &none), 1);
    CHECK(readable(fd, 0));
    finish(operation);
    CHECK(readable(fd, 0));
    smsp_operation_free(operation);
    close(epoll);

    operation = start(all.queries, all.count);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK(readable(smsp_operation_fd(operation), 0)); /* made when it is done */
    smsp_operation_free(operation);
}

/* Finished while it runs, and never. */
static void check_finish(void)
{
    smsp_operation *operation = start(all.queries, all.count);

    finish(operation);
    smsp_operation_free(operation);
    operation = start(all.queries, all.count);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    smsp_operation_free(operation);
}

/* What cannot be asked is given up at once; what is given twice counts with the first of its kind. */
static void check_entries(void)
{
    smsp_query queries[4] = {{NULL, "1"}, {"+33600000001", "1"}, {"06 00 00 00 01", "1"}, {"no", NULL}};
    smsp_operation *operation = start(queries, 4);
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t now = 0, total = 0;

    CHECK_INT(smsp_operation_progress(operation, &now, &total), SMSP_OK);
    CHECK_INT(total, 4);
    CHECK_INT(now, 2);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &now, NULL), SMSP_OK);
    CHECK_INT(now, 4);
    CHECK_FAILS(smsp_operation_finish(operation, &report, &error), &error, SMSP_PARTIAL, "queries[0]", NULL);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_INVALID), 2);
    smsp_report_free(report);
    smsp_operation_free(operation);

    queries[1].message_id = NULL;
    operation = start(queries, 2);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &now, NULL), SMSP_OK);
    CHECK_INT(now, 2);
    CHECK(readable(smsp_operation_fd(operation), 0));
    smsp_operation_cancel(operation);
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_report_count(report), 2);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

/* Free cancels and waits, whenever it comes, and leaves nothing behind that would disturb the next. */
static void check_free(void)
{
    long delay;

    for (delay = 0; delay < 3000; delay += 100) {
        smsp_operation *operation = start(all.queries, all.count);
        if (delay % 200 == 0)
            CHECK(smsp_operation_fd(operation) >= 0);
        usleep((useconds_t)delay);
        smsp_operation_free(operation);
    }
    check_finish();
}

/* The last to end releases the client, and with it its threads. */
static void check_client_freed(void)
{
    smsp_operation *one = start(all.queries, all.count), *other = start(all.queries, all.count);

    CHECK_INT(smsp_operation_wait(one, 0), SMSP_PENDING);
    smsp_client_free(client);
    client = NULL;
    CHECK_INT(smsp_operation_wait(other, 0), SMSP_PENDING);
    finish(one);
    smsp_operation_free(one);
    finish(other);
    smsp_operation_free(other);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        check_fatal("usage: operation FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    check_progress();
    check_descriptor();
    check_finish();
    check_entries();
    check_free();
    check_client_freed();

    client = client_from(argc, argv, 2);
    smsp_operation_free(start(all.queries, all.count));
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
