/* closed FILE name=value…
 * The host has closed standard input, output and error, as daemons do. Whatever the library opens has another number: what the
 * host writes to these three goes nowhere, and neither does a log to standard error. The statuses are those of FILE
 * (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* How often the library used one of the three, and how often one was open while a request was on its way. */
static int used, open_meanwhile, requests;

static void note(int descriptor)
{
    used += descriptor >= 0 && descriptor <= 2;
}

#define SYSTEM(function) (*(void **)&system_##function = dlsym(RTLD_NEXT, #function))

/* These stand in front of the system's, for the library too. */
ssize_t send(int descriptor, const void *bytes, size_t count, int flags)
{
    ssize_t (*system_send)(int, const void *, size_t, int);
    int number;

    SYSTEM(send);
    note(descriptor);
    ++requests;
    for (number = 0; number <= 2; ++number)
        open_meanwhile += fcntl(number, F_GETFD) != -1;
    return system_send(descriptor, bytes, count, flags);
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags)
{
    ssize_t (*system_recv)(int, void *, size_t, int);

    SYSTEM(recv);
    note(descriptor);
    return system_recv(descriptor, bytes, count, flags);
}

ssize_t read(int descriptor, void *bytes, size_t count)
{
    ssize_t (*system_read)(int, void *, size_t);

    SYSTEM(read);
    note(descriptor);
    return system_read(descriptor, bytes, count);
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    ssize_t (*system_write)(int, const void *, size_t);

    SYSTEM(write);
    note(descriptor);
    return system_write(descriptor, bytes, count);
}

int ppoll(struct pollfd *list, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    int (*system_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
    nfds_t i;

    SYSTEM(ppoll);
    for (i = 0; i < count; ++i)
        note(list[i].fd);
    return system_ppoll(list, count, time, mask);
}

static int logs_to_stderr(int argc, char **argv)
{
    int i;

    for (i = 2; i < argc; ++i)
        if (strcmp(argv[i], "log_file=stderr") == 0)
            return 1;
    return 0;
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    smsp_operation *operation = NULL;
    smsp_queue *queue;
    smsp_report *report = NULL, *other = NULL;
    int32_t code, started, told, finished, descriptor, of_queue;
    uint64_t dropped, tag;
    size_t count;
    int number, shown;

    if (argc < 2)
        check_fatal("usage: closed FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    shown = fcntl(2, F_DUPFD_CLOEXEC, 100);
    if (shown < 0)
        check_fatal("fcntl", NULL);
    for (number = 0; number <= 2; ++number)
        close(number);
    used = open_meanwhile = requests = 0;

    client = client_from(argc, argv, 2);
    code = smsp_multi_status(client, all.queries, all.count, &report, NULL);
    started = smsp_multi_status_start(client, all.queries, all.count, &operation, NULL);
    descriptor = smsp_operation_fd(operation);
    queue = smsp_queue_new();
    of_queue = smsp_queue_fd(queue);
    told = smsp_operation_notify(operation, queue, 1);
    smsp_queue_wait(queue, -1, &tag, 1, &count);
    smsp_queue_free(queue);
    finished = smsp_operation_finish(operation, &other, NULL);
    dropped = counter(client, "log_lines_dropped");
    smsp_operation_free(operation);
    smsp_client_free(client);

    /* What was noted by now is the library's. */
    number = used;
    if (dup2(shown, 2) != 2)
        return 2;
    CHECK_INT(number, 0);
    CHECK_INT(open_meanwhile, 0);
    CHECK(requests > 0);
    CHECK(descriptor > 2);
    CHECK(of_queue > 2);
    CHECK_INT(told, SMSP_OK);
    CHECK_INT(code, SMSP_OK);
    CHECK_INT(started, SMSP_OK);
    CHECK_INT(finished, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    CHECK_INT(expectations_differ(&all, other, 0, all.count), 0);
    CHECK((dropped > 0) == logs_to_stderr(argc, argv));
    smsp_report_free(report);
    smsp_report_free(other);
    expectations_free(&all);
    return check_result();
}
