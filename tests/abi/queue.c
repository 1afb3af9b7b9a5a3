/* queue FILE name=value…
 * What a queue promises to one thread: each tag once; a descriptor that is readable exactly while there is something to
 * take; wakes that are counted; and that queue and operation may end in any order. The queries and statuses are those of
 * FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#define ROOM 4

static struct expectations all;
static smsp_client *client;
static smsp_client *unanswered; /* its service never answers */
static smsp_queue *queue;
static int wakes_in_read;

/* Stands in front of the system's, for the library too, which empties the queue's descriptor by it. */
ssize_t read(int descriptor, void *bytes, size_t count)
{
    ssize_t (*system_read)(int, void *, size_t);

    *(void **)&system_read = dlsym(RTLD_NEXT, "read");
    if (wakes_in_read > 0 && descriptor == smsp_queue_fd(queue)) {
        --wakes_in_read;
        smsp_queue_wake(queue);
    }
    return system_read(descriptor, bytes, count);
}

static smsp_operation *start(smsp_client *by, size_t count)
{
    smsp_operation *operation = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status_start(by, all.queries, count, &operation, &error), &error, SMSP_OK);
    return operation;
}

/* An operation that is done at once. */
static smsp_operation *start_nothing(void)
{
    smsp_operation *operation = start(client, 0);

    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    return operation;
}

static void finish(smsp_operation *operation, size_t count)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), count);
    CHECK_INT(expectations_differ(&all, report, 0, count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

static int is_readable(void)
{
    struct pollfd polled = {0, POLLIN, 0};

    polled.fd = smsp_queue_fd(queue);
    CHECK(poll(&polled, 1, 0) >= 0);
    return polled.revents == POLLIN;
}

/* Takes so many tags at the most within that time, which must be these: the first one, and those that follow it. */
static void take(int64_t timeout_ms, size_t room, uint64_t first, size_t count)
{
    uint64_t tags[ROOM + 1] = {42, 42, 42, 42, 42};
    size_t taken = 42, i;

    CHECK_INT(smsp_queue_wait(queue, timeout_ms, tags, room, &taken), count > 0 ? SMSP_OK : SMSP_PENDING);
    CHECK_INT(taken, count);
    for (i = 0; i <= ROOM; ++i)
        CHECK(tags[i] == (i < count ? first + i : 42));
}

static void check_running(void)
{
    smsp_operation *operation = start(unanswered, 1);
    int32_t descriptor = smsp_queue_fd(queue);

    CHECK(descriptor > 2);
    CHECK_INT(smsp_operation_notify(operation, queue, UINT64_MAX), SMSP_OK);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_E_INVALID_ARGUMENT);
    CHECK(!is_readable());
    take(0, ROOM, 0, 0);
    take(20, ROOM, 0, 0);
    CHECK(!is_readable());
    smsp_operation_cancel(operation);
    take(-1, ROOM, UINT64_MAX, 1);
    CHECK(!is_readable());
    take(0, ROOM, 0, 0);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_queue_fd(queue), descriptor);
    smsp_operation_free(operation);
}

static void check_answered(void)
{
    struct pollfd polled = {0, POLLIN, 0};
    smsp_operation *operation = start(client, all.count);

    polled.fd = smsp_queue_fd(queue);
    CHECK_INT(smsp_operation_notify(operation, queue, 0), SMSP_OK);
    CHECK_INT(poll(&polled, 1, -1), 1);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    take(0, 1, 0, 1);
    CHECK_INT(poll(&polled, 1, 0), 0);
    finish(operation, all.count);
}

static void check_done_before(void)
{
    smsp_operation *operations[7];
    uint64_t i;

    for (i = 0; i < 7; ++i) {
        operations[i] = start_nothing();
        CHECK_INT(smsp_operation_notify(operations[i], queue, i), SMSP_OK);
        CHECK_INT(smsp_operation_notify(operations[i], queue, i), SMSP_E_INVALID_ARGUMENT);
        CHECK(is_readable());
    }
    take(-1, 1, 0, 1);
    take(0, ROOM, 1, ROOM);
    CHECK(is_readable());
    take(0, ROOM, 5, 2);
    CHECK(!is_readable());
    for (i = 0; i < 7; ++i)
        finish(operations[i], 0);
}

/* An operation that runs is freed: its tag is there, and stays. */
static void check_freed_operation(void)
{
    smsp_operation *operation = start(unanswered, 1);

    CHECK_INT(smsp_operation_notify(operation, queue, 9), SMSP_OK);
    smsp_operation_free(operation);
    CHECK(is_readable());
    take(0, ROOM, 9, 1);
}

/* Operations go on without their queue, whose descriptor is closed when it is freed. */
static void check_freed_queue(void)
{
    smsp_operation *running = start(client, all.count), *done = start_nothing();
    int before;

    queue = smsp_queue_new();
    CHECK_INT(smsp_operation_notify(running, queue, 0), SMSP_OK);
    smsp_queue_free(queue);
    CHECK_INT(smsp_operation_wait(running, -1), SMSP_OK);

    queue = smsp_queue_new();
    CHECK_INT(smsp_operation_notify(done, queue, 1), SMSP_OK);
    before = process_descriptors();
    smsp_queue_free(queue);
    CHECK_INT(process_descriptors(), before - 1);

    queue = smsp_queue_new();
    /* Once is once, whatever became of the queue. */
    CHECK_INT(smsp_operation_notify(running, queue, 0), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_operation_notify(done, queue, 1), SMSP_E_INVALID_ARGUMENT);
    finish(running, all.count);
    finish(done, 0);
    take(0, ROOM, 0, 0);
    smsp_queue_free(queue);
}

static void check_wakes(void)
{
    smsp_operation *operation = start_nothing();

    smsp_queue_wake(queue);
    smsp_queue_wake(queue);
    CHECK(is_readable());
    take(-1, ROOM, 0, 0);
    CHECK(is_readable());
    take(-1, ROOM, 0, 0);
    CHECK(!is_readable());
    take(0, ROOM, 0, 0);

    CHECK_INT(smsp_operation_notify(operation, queue, 3), SMSP_OK);
    smsp_queue_wake(queue);
    take(-1, ROOM, 0, 0);
    CHECK(is_readable());
    take(-1, ROOM, 3, 1);
    CHECK(!is_readable());
    finish(operation, 0);
}

static void wake(int signal)
{
    (void)signal;
    errno = 77;
    smsp_queue_wake(queue);
    CHECK_INT(errno, 77);
}

static void *interrupt(void *thread)
{
    const struct timespec pause = {0, 1000000};
    char first[16];

    snprintf(first, sizeof first, "%d", (int)getpid());
    while (!process_sleeps(first))
        nanosleep(&pause, NULL);
    pthread_kill(*(pthread_t *)thread, SIGUSR1);
    return NULL;
}

/* The handler runs in the first thread, which waits. */
static void check_wake_in_a_signal_handler(void)
{
    pthread_t self = pthread_self(), thread;
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = wake;
    sigaction(SIGUSR1, &action, NULL);
    if (pthread_create(&thread, NULL, interrupt, &self) != 0)
        check_fatal("pthread_create", NULL);
    take(-1, ROOM, 0, 0);
    pthread_join(thread, NULL);
    CHECK(!is_readable());
}

/* A wake comes when the queue was found empty, and its descriptor is about to be emptied. */
static void check_wake_in_a_take(void)
{
    wakes_in_read = 2;
    take(-1, ROOM, 0, 0);
    take(-1, ROOM, 0, 0);
    CHECK_INT(wakes_in_read, 0);
    CHECK(!is_readable());
}

/* A time that is given is waited for. */
static void check_time(void)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    take(50, ROOM, 0, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK((end.tv_sec - begin.tv_sec) * 1000000000L + end.tv_nsec - begin.tv_nsec >= 50000000L);
}

/* The system connects, and nobody answers. */
static smsp_client *client_without_answer(int listener)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    char key[] = "api_key=key", limit[] = "request_timeout_ms=0", url[64];
    char *options[] = {key, limit, url};

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        check_fatal("a listener", NULL);
    snprintf(url, sizeof url, "base_url=http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    return client_from(3, options, 0);
}

int main(int argc, char **argv)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (argc < 2)
        check_fatal("usage: queue FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    unanswered = client_without_answer(listener);
    queue = smsp_queue_new();
    CHECK(queue != NULL);
    check_running();
    check_answered();
    check_done_before();
    check_freed_operation();
    check_wakes();
    check_wake_in_a_signal_handler();
    check_wake_in_a_take();
    check_time();
    smsp_queue_free(queue);
    check_freed_queue();
    smsp_client_free(unanswered);
    smsp_client_free(client);
    close(listener);
    expectations_free(&all);
    return check_result();
}
