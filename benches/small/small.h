/* What the programs in C have in common that ask about one message a call: the callers, what their calls took, the table.
 * usage of each: PROGRAM BASE_URL KEY CALLERS CALLS CONNECTIONS [table]
 * Each of CALLERS makes CALLS calls, after some that are not counted. BENCH_CA names a file of certificates to trust.
 * Prints microseconds of CPU a call, calls a second, the 50th and 99th percentile of a call's time in microseconds, and how
 * many threads were started meanwhile; with `table` the answers instead. */
#ifndef BENCHES_SMALL_H
#define BENCHES_SMALL_H

#include "../job.h"

enum { WARM_UP = 20 };

struct row {
    const char *state;
    int64_t date;
    int dated, stop, spam;
};

struct small {
    const char *base_url, *key, *ca;
    size_t callers, calls;
    int connections, table;
    struct message *messages;
    struct row *rows;
    double *times;
    double cpu, wall;
    int threads;
};

/* benches/small/threads.c */
int threads_started(void);

static inline void small_begin(struct small *small, int argc, char **argv)
{
    size_t count;
    if (argc < 6) {
        fprintf(stderr, "usage: %s BASE_URL KEY CALLERS CALLS CONNECTIONS [table]\n", argv[0]);
        exit(2);
    }
    small->base_url = argv[1];
    small->key = argv[2];
    small->ca = getenv("BENCH_CA");
    small->callers = (size_t)atol(argv[3]);
    small->calls = (size_t)atol(argv[4]);
    small->connections = atoi(argv[5]);
    small->table = argc > 6;
    count = small->callers * small->calls;
    if (count == 0) fail("no calls");
    small->messages = job_messages(count);
    small->rows = calloc(count, sizeof *small->rows);
    small->times = calloc(count, sizeof *small->times);
    if (small->rows == NULL || small->times == NULL) fail("no memory");
}

/* What comes after is counted. */
static inline void small_start(struct small *small)
{
    small->threads = threads_started();
    small->cpu = cpu_seconds();
    small->wall = wall_seconds();
}

static inline void small_stop(struct small *small)
{
    small->wall = wall_seconds() - small->wall;
    small->cpu = cpu_seconds() - small->cpu;
    small->threads = threads_started() - small->threads;
}

static inline int compare_times(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static inline void small_print(const struct small *small)
{
    size_t i, count = small->callers * small->calls;
    if (small->table) {
        for (i = 0; i < count; i++) {
            const struct row *row = &small->rows[i];
            job_row(small->messages[i].number, small->messages[i].id, row->state, row->dated, row->date, row->stop, row->spam, NULL);
        }
        return;
    }
    qsort(small->times, count, sizeof *small->times, compare_times);
    printf("%.3f %.1f %.2f %.2f %d\n", small->cpu * 1e6 / (double)count, (double)count / small->wall,
           small->times[count / 2] * 1e6, small->times[count * 99 / 100] * 1e6, small->threads);
}

static inline void small_end(struct small *small)
{
    small_print(small);
    free(small->messages);
    free(small->rows);
    free(small->times);
}

#endif
