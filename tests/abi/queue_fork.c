/* queue_fork FILE name=value…
 * A queue belongs to the process that made it, whatever its threads hold when the process forks: in a child nothing of it
 * waits, nothing is told, and its descriptor is closed; the child can make its own. The parent goes on, undisturbed. */
#define _GNU_SOURCE
#include "expect.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN 20

static struct expectations all;
static smsp_client *client;
static smsp_queue *queue;
static int is_over;
static pid_t forked = -1;

static smsp_operation *start(void)
{
    smsp_operation *operation = NULL;

    if (smsp_multi_status_start(client, all.queries, all.count, &operation, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    return operation;
}

static void check_wait(smsp_queue *of, smsp_code code, uint64_t tag)
{
    uint64_t tags[2] = {42, 42};
    size_t count = 42;

    CHECK_INT(smsp_queue_wait(of, -1, tags, 2, &count), code);
    CHECK_INT(count, code == SMSP_OK);
    CHECK(tags[0] == (code == SMSP_OK ? tag : 42));
}

/* `told` has put its tag, `running` may have. */
static int child(smsp_operation *told, smsp_operation *running, int descriptor)
{
    struct pollfd polled = {0, POLLIN, 0};
    smsp_queue *own;
    smsp_operation *operation;

    CHECK(fcntl(descriptor, F_GETFD) == -1 && errno == EBADF);
    own = smsp_queue_new();
    operation = start();
    CHECK_INT(smsp_queue_fd(queue), -1);
    check_wait(queue, SMSP_E_CANCELLED, 0);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_E_CANCELLED);
    CHECK_INT(smsp_operation_notify(running, own, 1), SMSP_E_CANCELLED);
    CHECK_INT(smsp_operation_notify(told, queue, 1), SMSP_E_CANCELLED);
    /* That wakes nobody, also where the descriptor has the number of the inherited one. */
    smsp_queue_wake(queue);
    polled.fd = smsp_queue_fd(own);
    CHECK_INT(poll(&polled, 1, 0), 0);

    CHECK_INT(smsp_operation_notify(operation, own, 2), SMSP_OK);
    check_wait(own, SMSP_OK, 2);
    smsp_queue_wake(own);
    check_wait(own, SMSP_PENDING, 0);
    smsp_operation_free(operation);
    smsp_queue_free(queue);
    smsp_operation_free(running);
    smsp_operation_free(told);
    smsp_queue_free(own);
    smsp_client_free(client);
    return check_result();
}

static void check_child(pid_t pid)
{
    int status = 0;

    CHECK(pid > 0);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
}

static void take_both(void)
{
    uint64_t tags[2] = {42, 42};
    size_t count = 42;

    CHECK_INT(smsp_queue_wait(queue, -1, tags, 2, &count), SMSP_OK);
    CHECK(count == 2 && tags[0] == 1 && tags[1] == 2);
}

static void check_forks(void)
{
    struct pollfd polled = {0, POLLIN, 0};
    int i;

    polled.fd = smsp_queue_fd(queue);
    for (i = 0; i < CHILDREN; ++i) {
        smsp_operation *told = start(), *running = start();
        pid_t pid;

        CHECK_INT(smsp_operation_notify(told, queue, 1), SMSP_OK);
        CHECK_INT(smsp_operation_wait(told, -1), SMSP_OK);
        CHECK_INT(smsp_operation_notify(running, queue, 2), SMSP_OK);
        pid = fork();
        if (pid == 0)
            exit(child(told, running, polled.fd));
        CHECK_INT(smsp_operation_wait(running, -1), SMSP_OK);
        check_child(pid);
        /* What the child did, waking the queue and freeing it, is nothing here. */
        CHECK_INT(poll(&polled, 1, 0), 1);
        take_both();
        CHECK_INT(poll(&polled, 1, 0), 0);
        smsp_operation_free(told);
        smsp_operation_free(running);
    }
}

/* Holds the lock of the queue most of the time. The pauses let other threads run under valgrind, which has one at a time. */
static void *use(void *context)
{
    const struct timespec pause = {0, 1000};
    uint64_t tag;
    size_t count, i;

    (void)context;
    for (i = 0; !__atomic_load_n(&is_over, __ATOMIC_SEQ_CST); ++i) {
        smsp_queue_wait(queue, 0, &tag, 1, &count);
        if (i % 64 == 0)
            nanosleep(&pause, NULL);
    }
    return NULL;
}

static void check_forks_of_a_queue_in_use(void)
{
    pthread_t thread;
    int i;

    if (pthread_create(&thread, NULL, use, NULL) != 0)
        check_fatal("pthread_create", NULL);
    for (i = 0; i < 3 * CHILDREN; ++i) {
        const pid_t pid = fork();
        if (pid == 0) {
            check_wait(queue, SMSP_E_CANCELLED, 0);
            smsp_queue_wake(queue);
            smsp_queue_free(queue);
            _exit(check_result());
        }
        check_child(pid);
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
}

static void fork_here(int signal)
{
    (void)signal;
    forked = fork();
    /* The parent's wait goes on until it is woken. */
    if (forked != 0)
        smsp_queue_wake(queue);
}

/* A handler of the host forks while this thread waits: the wait that the child is in ends. */
static void check_fork_in_a_wait(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = fork_here;
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    do {
        uint64_t tag;
        size_t count = 42;
        const smsp_code code = smsp_queue_wait(queue, -1, &tag, 1, &count);

        CHECK_INT(count, 0);
        CHECK_INT(code, forked == 0 ? SMSP_E_CANCELLED : SMSP_PENDING);
        if (forked == 0)
            _exit(check_result());
    } while (forked == -1);
    check_child(forked);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        check_fatal("usage: queue_fork FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    queue = smsp_queue_new();
    check_forks();
    check_forks_of_a_queue_in_use();
    check_fork_in_a_wait();
    smsp_queue_free(queue);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
