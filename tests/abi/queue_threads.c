/* queue_threads SEED SECONDS FILE name=value…
 * Threads start operations, give them to one queue, and cancel, finish or free them at random moments, or let them be taken
 * first; others wake, and others wait, each with room of its own. Each tag is taken exactly once, each wake ends exactly
 * one wait, an operation whose tag is taken is done, and nothing is left in the end. */
#define _GNU_SOURCE
#include "expect.h"
#include <poll.h>
#include <pthread.h>
#include <time.h>

#define STARTERS 3
#define WAITERS 4
#define MOST 100000
#define RUNNING 50 /* for each starter at a time */
#define WAKES 200

static struct expectations all;
static smsp_client *client;
static smsp_queue *queue;
static unsigned seed;
static struct timespec end;

/* Operations by their tags. */
static smsp_operation *operations[MOST];
static unsigned char is_kept[MOST]; /* by the starter, who frees it */
static unsigned char taken[MOST];
static size_t running[STARTERS], all_started, all_taken, woken;
static unsigned wrong[STARTERS + WAITERS];
static int is_over;

static int is_past_end(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec);
}

static void pause_for(unsigned microseconds)
{
    const struct timespec pause = {0, (long)microseconds * 1000};

    nanosleep(&pause, NULL);
}

/* One operation, in one of the ways to treat it. Returns how many of its expectations were wrong. */
static unsigned operate(size_t tag, unsigned *random)
{
    const unsigned way = (unsigned)rand_r(random) % 6, mistake = (unsigned)rand_r(random) % 2000;
    const size_t first = (size_t)rand_r(random) % (all.count - 3), count = (size_t)rand_r(random) % 4;
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    unsigned mistakes = 0;

    if (smsp_multi_status_start(client, all.queries + first, count, &operation, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    operations[tag] = operation;
    is_kept[tag] = way < 4;
    if (way == 0)
        pause_for(mistake);
    mistakes += smsp_operation_notify(operation, queue, tag) != SMSP_OK;
    /* Those that are not kept are freed by another thread, perhaps before that returned. */
    if (way < 2) {
        const smsp_code code = smsp_operation_finish(operation, &report, NULL);
        mistakes += code != SMSP_OK || expectations_differ(&all, report, first, count) != 0;
        mistakes += smsp_operation_notify(operation, queue, tag) != SMSP_E_INVALID_ARGUMENT;
        smsp_report_free(report);
    } else if (way == 2) {
        pause_for(mistake);
        smsp_operation_cancel(operation);
    }
    if (way < 4)
        smsp_operation_free(operation);
    return mistakes;
}

static void *start(void *context)
{
    const size_t number = (size_t)context;
    unsigned random = seed + (unsigned)number;
    size_t tag;

    for (tag = number; tag < MOST && !is_past_end(); tag += STARTERS) {
        while (__atomic_load_n(&running[number], __ATOMIC_SEQ_CST) >= RUNNING)
            pause_for(100);
        __atomic_add_fetch(&running[number], 1, __ATOMIC_SEQ_CST);
        wrong[number] += operate(tag, &random);
        __atomic_add_fetch(&all_started, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void take(uint64_t tag, unsigned *mistakes)
{
    if (tag >= MOST || __atomic_fetch_add(&taken[tag], 1, __ATOMIC_SEQ_CST) != 0) {
        ++*mistakes;
        return;
    }
    if (!is_kept[tag]) {
        smsp_report *report = NULL;
        *mistakes += smsp_operation_wait(operations[tag], 0) != SMSP_OK;
        *mistakes += smsp_operation_finish(operations[tag], &report, NULL) != SMSP_OK;
        smsp_report_free(report);
        smsp_operation_free(operations[tag]);
    }
    __atomic_sub_fetch(&running[tag % STARTERS], 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&all_taken, 1, __ATOMIC_SEQ_CST);
}

/* Waits without a limit, so that only a wake ends a wait without a tag. */
static void *wait_for_tags(void *context)
{
    const size_t number = (size_t)context, room = number + 1;
    unsigned *mistakes = &wrong[STARTERS + number];
    uint64_t tags[WAITERS];
    int over = 0;

    while (!over) {
        size_t i, count = 42;
        const smsp_code code = smsp_queue_wait(queue, -1, tags, room, &count);
        *mistakes += count > room || code != (count == 0 ? SMSP_PENDING : SMSP_OK);
        for (i = 0; i < count && i < room; ++i)
            take(tags[i], mistakes);
        if (code == SMSP_PENDING) {
            over = __atomic_load_n(&is_over, __ATOMIC_SEQ_CST);
            __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
        }
    }
    return NULL;
}

static void *wake(void *context)
{
    int i;

    (void)context;
    for (i = 0; i < WAKES; ++i) {
        pause_for(500);
        smsp_queue_wake(queue);
    }
    return NULL;
}

static pthread_t run(void *(*function)(void *), size_t number)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, function, (void *)number) != 0)
        check_fatal("pthread_create", NULL);
    return thread;
}

static void await(const size_t *counter, size_t count)
{
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) != count)
        pause_for(1000);
}

static void check_end(void)
{
    struct pollfd polled = {0, POLLIN, 0};
    uint64_t tag;
    size_t i, count = 42;

    CHECK(all_started > 0);
    CHECK_INT(all_taken, all_started);
    CHECK_INT(woken, WAKES + WAITERS);
    for (i = 0; i < STARTERS + WAITERS; ++i)
        CHECK_INT(wrong[i], 0);
    CHECK_INT(smsp_queue_wait(queue, 0, &tag, 1, &count), SMSP_PENDING);
    polled.fd = smsp_queue_fd(queue);
    CHECK_INT(poll(&polled, 1, 0), 0);
}

int main(int argc, char **argv)
{
    pthread_t starters[STARTERS], waiters[WAITERS], waker;
    size_t i;

    if (argc < 4)
        check_fatal("usage: queue_threads SEED SECONDS FILE name=value…", NULL);
    seed = (unsigned)strtoul(argv[1], NULL, 10);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += strtol(argv[2], NULL, 10);
    all = expectations_read(argv[3]);
    client = client_from(argc, argv, 4);
    queue = smsp_queue_new();
    for (i = 0; i < WAITERS; ++i)
        waiters[i] = run(wait_for_tags, i);
    for (i = 0; i < STARTERS; ++i)
        starters[i] = run(start, i);
    waker = run(wake, 0);
    for (i = 0; i < STARTERS; ++i)
        pthread_join(starters[i], NULL);
    pthread_join(waker, NULL);
    await(&all_taken, all_started);
    await(&woken, WAKES);
    __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < WAITERS; ++i)
        smsp_queue_wake(queue);
    for (i = 0; i < WAITERS; ++i)
        pthread_join(waiters[i], NULL);
    check_end();
    smsp_queue_free(queue);
    smsp_client_free(client);
    expectations_free(&all);
    if (*check_failures() != 0)
        fprintf(stderr, "  the seed was %u\n", seed);
    return check_result();
}
