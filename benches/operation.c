/* operation [ROUNDS]
 * What asking in the background costs beyond a blocking call: both in turn, one message each, over a kept connection.
 * Prints the medians of wall time, and how long starting takes the caller. Configured by the environment. */
#define _POSIX_C_SOURCE 200809L
#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 100000

static double blocking[MOST], background[MOST], starting[MOST];

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double median(double *times, int count)
{
    qsort(times, (size_t)count, sizeof *times, compare);
    return times[count / 2];
}

int main(int argc, char **argv)
{
    const smsp_query query = {"+33600000001", "1"};
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_code code;
    int round, rounds = argc > 1 ? atoi(argv[1]) : 5000;

    if (rounds < 1 || rounds > MOST) return 2;
    code = smsp_config_load_env(config, NULL);
    if (code == SMSP_OK) code = smsp_client_new(config, &client, NULL);
    for (round = 0; round < rounds && code == SMSP_OK; round++) {
        smsp_operation *operation = NULL;
        smsp_report *report = NULL;
        double begun = microseconds(), started;
        code = smsp_multi_status(client, &query, 1, &report, NULL);
        blocking[round] = microseconds() - begun;
        smsp_report_free(report);

        begun = microseconds();
        if (code == SMSP_OK) code = smsp_multi_status_start(client, &query, 1, &operation, NULL);
        started = microseconds();
        if (code == SMSP_OK) code = smsp_operation_finish(operation, &report, NULL);
        background[round] = microseconds() - begun;
        starting[round] = started - begun;
        smsp_operation_free(operation);
        smsp_report_free(report);
    }
    if (code == SMSP_OK)
        printf("one message: %.0f us blocking, %.0f us in the background, of which %.0f us to start\n",
               median(blocking, rounds), median(background, rounds), median(starting, rounds));
    else
        fprintf(stderr, "%s\n", smsp_code_name(code));
    smsp_client_free(client);
    smsp_config_free(config);
    return code != SMSP_OK;
}
