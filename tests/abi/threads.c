/* threads FILE name=value…
 * Sixteen threads ask over one client, each for windows of FILE (expect.h), and compare every status. The client is
 * freed as soon as they are joined, the reports are read again after that. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <pthread.h>

#define THREADS 16
#define ROUNDS 3

static struct expectations all;
static smsp_client *client;

struct worker {
    pthread_t thread;
    size_t number;
    int32_t codes[ROUNDS];
    size_t differ[ROUNDS];
    smsp_report *reports[ROUNDS];
};

/* Windows overlap, begin at different places and are of different lengths. */
static size_t window_start(size_t worker, size_t round)
{
    return (worker * 37 + round * 11) % all.count;
}

static size_t window_length(size_t worker, size_t round)
{
    size_t left = all.count - window_start(worker, round);
    size_t wanted = 1 + (worker * 101 + round * 307) % 700;

    return wanted < left ? wanted : left;
}

static void *work(void *context)
{
    struct worker *worker = context;
    size_t round;

    for (round = 0; round < ROUNDS; ++round) {
        size_t start = window_start(worker->number, round), length = window_length(worker->number, round);
        worker->codes[round]
            = smsp_multi_status(client, all.queries + start, length, &worker->reports[round], NULL);
        worker->differ[round] = expectations_differ(&all, worker->reports[round], start, length);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREADS];
    size_t i, round;

    if (argc < 2)
        check_fatal("usage: threads FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    for (i = 0; i < THREADS; ++i) {
        workers[i].number = i;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            check_fatal("pthread_create", NULL);
    }
    for (i = 0; i < THREADS; ++i)
        pthread_join(workers[i].thread, NULL);
    smsp_client_free(client);

    for (i = 0; i < THREADS; ++i) {
        for (round = 0; round < ROUNDS; ++round) {
            size_t start = window_start(i, round), length = window_length(i, round);
            CHECK_INT(workers[i].codes[round], SMSP_OK);
            CHECK_INT(workers[i].differ[round], 0);
            CHECK_INT(smsp_report_count(workers[i].reports[round]), length);
            CHECK_INT(expectations_differ(&all, workers[i].reports[round], start, length), 0);
            smsp_report_free(workers[i].reports[round]);
        }
    }
    expectations_free(&all);
    return check_result();
}
