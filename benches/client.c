/* What a call costs the program that makes it: CPU time per status and peak memory.
 * usage: client COUNT ROUNDS, configured by the environment. Only the calls are counted, not the list. */
#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { TEXT = 24 };

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)atol(argv[1]) : 100000;
    int round, rounds = argc > 2 ? atoi(argv[2]) : 5;
    char *texts = malloc(count * 2 * TEXT);
    smsp_query *queries = malloc(count * sizeof *queries);
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_error *error = NULL;
    size_t i;
    long before;
    for (i = 0; i < count; i++) {
        char *phone = texts + i * 2 * TEXT, *id = phone + TEXT;
        snprintf(phone, TEXT, "+336%08u", (unsigned)(i % 100000000));
        snprintf(id, TEXT, "%lu", 100000 + (unsigned long)i);
        queries[i].phone_number = phone;
        queries[i].message_id = id;
    }
    before = peak_kib();
    if (smsp_config_load_env(config, &error) == SMSP_OK) smsp_client_new(config, &client, &error);
    for (round = 0; round < rounds && error == NULL; round++) {
        smsp_report *report = NULL;
        double cpu = cpu_seconds(), wall = wall_seconds();
        smsp_multi_status(client, queries, count, &report, &error);
        cpu = cpu_seconds() - cpu;
        wall = wall_seconds() - wall;
        printf("%lu statuses: %.3f us of CPU and %.3f us of time each, %.1f bytes of memory each beyond the list\n",
               (unsigned long)smsp_report_count(report), 1e6 * cpu / (double)count, 1e6 * wall / (double)count,
               1024.0 * (double)(peak_kib() - before) / (double)count);
        smsp_report_free(report);
    }
    if (error) fprintf(stderr, "%s\n", smsp_error_message(error));
    i = error != NULL;
    smsp_error_free(error);
    smsp_client_free(client);
    smsp_config_free(config);
    free(queries);
    free(texts);
    return (int)i;
}
