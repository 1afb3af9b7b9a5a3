/* What the bench programs in C have in common: the list of messages to ask about, what asking cost, a line of the table.
 * usage of each: PROGRAM BASE_URL KEY COUNT ROUNDS CONNECTIONS [table]
 * BENCH_CA names a file of certificates to trust, BENCH_NATIONAL=1 asks with national numbers. */
#ifndef BENCHES_JOB_H
#define BENCHES_JOB_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BATCH = 500, TEXT = 16 };

struct message {
    char number[TEXT], id[TEXT];
};

struct job {
    const char *base_url, *key, *ca;
    size_t count;
    int rounds, connections, table;
    struct message *messages;
    double cpu, wall, system;
    long peak, faults;
};

static inline void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static inline double system_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
}

static inline long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static inline double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* What comes after is counted. */
static inline void job_start(struct job *job)
{
    job->peak = peak_kib();
    job->faults = page_faults();
    job->system = system_seconds();
    job->cpu = cpu_seconds();
    job->wall = wall_seconds();
}

/* The list of messages. */
static inline struct message *job_messages(size_t count)
{
    const char *prefix = getenv("BENCH_NATIONAL") ? "06" : "+336";
    struct message *messages = malloc((count + 1) * sizeof *messages);
    size_t i;
    if (messages == NULL) exit(1);
    for (i = 0; i < count; i++) {
        snprintf(messages[i].number, TEXT, "%s%08u", prefix, (unsigned)(i % 100000000));
        snprintf(messages[i].id, TEXT, "%u", 100000 + (unsigned)i);
    }
    return messages;
}

/* Reads the arguments and makes the list; what comes after is counted. */
static inline void job_begin(struct job *job, int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s BASE_URL KEY COUNT ROUNDS CONNECTIONS [table]\n", argv[0]);
        exit(2);
    }
    job->base_url = argv[1];
    job->key = argv[2];
    job->ca = getenv("BENCH_CA");
    job->count = (size_t)atol(argv[3]);
    job->rounds = atoi(argv[4]);
    job->connections = atoi(argv[5]);
    job->table = argc > 6;
    job->messages = job_messages(job->count);
    job_start(job);
}

/* Prints what was counted: seconds of CPU, seconds, KiB at the peak and how many of them came since job_begin; then how many of
 * the seconds of CPU are the system's, and page faults. */
static inline void job_end(const struct job *job)
{
    double cpu = cpu_seconds() - job->cpu, wall = wall_seconds() - job->wall, system = system_seconds() - job->system;
    long faults = page_faults() - job->faults;
    if (!job->table) printf("%.6f %.6f %ld %ld %.6f %ld\n", cpu, wall, peak_kib(), peak_kib() - job->peak, system, faults);
}

/* One line of the table; a date that there is not is -, and so is a flag below 0. */
static inline void job_row(const char *number, const char *id, const char *state, int dated, int64_t date, int stop, int spam,
                    const char *text)
{
    printf("%s\t%s\t%s\t", number, id, state);
    if (dated) printf("%lld\t", (long long)date);
    else printf("-\t");
    printf(stop < 0 ? "-\t" : "%d\t", stop);
    printf(spam < 0 ? "-\t" : "%d\t", spam);
    printf("%s\n", text ? text : "");
}

#endif
