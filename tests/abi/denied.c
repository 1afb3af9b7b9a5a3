/* denied FILE name=value…
 * The system has no thread to give: every call does its work all the same, in the thread that calls. Several threads call
 * at once, so that they count on one another's connections. */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"

#define THREADS 4
#define ROUNDS 50
#define WINDOW 3

static struct expectations all;
static smsp_client *client;
static pthread_barrier_t together;
static size_t differ[THREADS];

static void *work(void *context)
{
    size_t number = (size_t)context, round;

    pthread_barrier_wait(&together);
    for (round = 0; round < ROUNDS; ++round) {
        smsp_report *report = NULL;
        size_t start = number * WINDOW;
        if (smsp_multi_status(client, all.queries + start, WINDOW, &report, NULL) != SMSP_OK)
            ++differ[number];
        differ[number] += expectations_differ(&all, report, start, WINDOW);
        smsp_report_free(report);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    size_t i;

    if (argc < 2)
        check_fatal("usage: denied FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    pthread_barrier_init(&together, NULL, THREADS + 1);
    for (i = 0; i < THREADS; ++i) {
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            check_fatal("pthread_create", NULL);
    }
    threads_left = 0;
    pthread_barrier_wait(&together);
    for (i = 0; i < THREADS; ++i) {
        pthread_join(threads[i], NULL);
        CHECK_INT(differ[i], 0);
    }
    pthread_barrier_destroy(&together);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
