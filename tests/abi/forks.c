/* forks FORKS FILE name=value…
 * Eight threads ask all the time while the main thread forks, a few children at a time. Each child asks as well, over the
 * client it was born with. Everyone compares every status of windows of FILE (expect.h) that are its own, so an answer
 * to somebody else would be seen. A child that hangs is ended by its alarm. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"
#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>

#define THREADS 8
#define CHILDREN 4
#define WINDOW 5
#define SECONDS 120

static struct expectations all;
static smsp_client *client;
static int done;

/* How much is wrong with the answers for a window. */
static size_t ask(size_t window)
{
    size_t start = window * WINDOW % (all.count - WINDOW), wrong;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int32_t code = smsp_multi_status(client, all.queries + start, WINDOW, &report, &error);

    wrong = expectations_differ(&all, report, start, WINDOW);
    if (code != SMSP_OK) {
        fprintf(stderr, "%s: %s\n", smsp_code_name(code), check_shown(smsp_error_message(error)));
        ++wrong;
    }
    smsp_error_free(error);
    smsp_report_free(report);
    return wrong;
}

struct worker {
    pthread_t thread;
    size_t number;
    size_t calls;
    size_t wrong;
};

static void *work(void *context)
{
    struct worker *worker = context;

    while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
        worker->wrong += ask(worker->number * 1000 + worker->calls);
        ++worker->calls;
    }
    return NULL;
}

static void start_child(size_t number)
{
    pid_t child = fork();
    size_t wrong;

    if (child < 0)
        check_fatal("fork", NULL);
    if (child > 0)
        return;
    alarm(SECONDS);
    wrong = ask(number) + ask(number + 1);
    smsp_client_free(client);
    /* Not through exit handlers: those of a sanitizer would miss the threads that the child has not. */
    _exit(wrong == 0 ? 0 : 1);
}

static void end_child(void)
{
    int status = -1;

    CHECK(wait(&status) > 0);
    CHECK_INT(status, 0);
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    size_t i, forks;
    int before;

    if (argc < 3)
        check_fatal("usage: forks FORKS FILE name=value…", NULL);
    forks = (size_t)strtol(argv[1], NULL, 10);
    all = expectations_read(argv[2]);
    before = process_descriptors();
    client = client_from(argc, argv, 3);
    for (i = 0; i < THREADS; ++i) {
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            check_fatal("pthread_create", NULL);
    }
    for (i = 0; i < forks; ++i) {
        if (i >= CHILDREN)
            end_child();
        start_child(i);
    }
    for (i = 0; i < CHILDREN && i < forks; ++i)
        end_child();
    __atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
    for (i = 0; i < THREADS; ++i) {
        pthread_join(workers[i].thread, NULL);
        CHECK_INT(workers[i].wrong, 0);
        CHECK(workers[i].calls > 0);
    }
    CHECK_INT(ask(0), 0);
    /* What is left are the connections kept for the next call, and an event of each idle thread: max_connections of both. */
    CHECK(process_descriptors() <= before + 2 * 4);
    smsp_client_free(client);
    CHECK_INT(process_descriptors(), before);
    expectations_free(&all);
    return check_result();
}
