/* look_up CODE PART CALLS LEAST MOST LEFT name=value…
 * Asks for four messages CALLS times, one call after the other: each ends with CODE and a message that holds PART,
 * after LEAST milliseconds or more, and the fastest before MOST (a busy machine may let a call wait). Afterwards LEFT threads of the library are left behind, each with a descriptor,
 * and nothing else. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <dirent.h>
#include <time.h>

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* How many entries a folder of /proc/self has. */
static int entries(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int count = 0;

    if (folder == NULL)
        check_fatal(path, NULL);
    while ((entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* A thread that has done its work may take a moment to its end. */
static int entries_in_the_end(const char *path, int expected)
{
    const struct timespec moment = {0, 5000000};
    double end = milliseconds() + 20e3;

    while (entries(path) != expected && milliseconds() < end)
        nanosleep(&moment, NULL);
    return entries(path);
}

/* Answers how long the call took. */
static double ask(smsp_client *client, char **argv)
{
    const smsp_query queries[] = {
        {"0612345678", "1"}, {"0612345678", "2"}, {"0612345678", "3"}, {"0612345678", "4"},
    };
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    double start = milliseconds(), took;
    const char *part = strcmp(argv[1], "0") == 0 ? NULL : argv[2];

    CHECK_FAILS(smsp_multi_status(client, queries, 4, &report, &error), &error, atoi(argv[1]), part, NULL);
    took = milliseconds() - start;
    smsp_report_free(report);
    return took;
}

int main(int argc, char **argv)
{
    smsp_client *client;
    double took, fastest = 1e9;
    int call, threads, descriptors, left;

    if (argc < 7)
        check_fatal("usage: look_up CODE PART CALLS LEAST MOST LEFT name=value…", NULL);
    left = atoi(argv[6]);
    threads = entries("/proc/self/task");
    descriptors = entries("/proc/self/fd");
    client = client_from(argc, argv, 7);
    for (call = 0; call < atoi(argv[3]); ++call) {
        took = ask(client, argv);
        fastest = took < fastest ? took : fastest;
    }
    CHECK(fastest >= atof(argv[4]));
    CHECK(fastest < atof(argv[5]));
    smsp_client_free(client);
    CHECK_INT(entries_in_the_end("/proc/self/task", threads + left), threads + left);
    CHECK_INT(entries_in_the_end("/proc/self/fd", descriptors + left), descriptors + left);
    return check_result();
}
