/* operation_many FILE CONNECTIONS name=value…
 * 200 operations of a client at once, more than there are connections: no more threads for that, and each report is the
 * one that FILE has for its queries (expect.h). Before that, a short list is started behind a long one, which is all of
 * FILE, and does not wait for its end. */
#define _GNU_SOURCE
#include "expect.h"
#include <dirent.h>
#include <unistd.h>

#define OPERATIONS 200
#define WINDOW 3

static struct expectations all;
static smsp_client *client;

/* The most threads of the library that were seen at once. The program itself has one. */
static size_t count_threads(size_t most)
{
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;

    while (tasks != NULL && readdir(tasks) != NULL)
        ++count;
    if (tasks != NULL)
        closedir(tasks);
    count -= 3; /* ".", ".." and the main thread */
    return count > most ? count : most;
}

static smsp_operation *start(size_t first, size_t count)
{
    smsp_operation *operation = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status_start(client, all.queries + first, count, &operation, &error), &error, SMSP_OK);
    return operation;
}

static void finish(smsp_operation *operation, size_t first, size_t count)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), count);
    CHECK_INT(expectations_differ(&all, report, first, count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

static void check_short_behind_long(void)
{
    smsp_operation *large = start(0, all.count), *small = start(0, 1);
    size_t done = 0, total = 0;

    CHECK_INT(smsp_operation_wait(small, -1), SMSP_OK);
    CHECK_INT(smsp_operation_progress(large, &done, &total), SMSP_OK);
    CHECK(done < total);
    finish(small, 0, 1);
    finish(large, 0, all.count);
}

int main(int argc, char **argv)
{
    smsp_operation *operations[OPERATIONS];
    size_t i, threads = 0, connections;

    if (argc < 3)
        check_fatal("usage: operation_many FILE CONNECTIONS name=value…", NULL);
    all = expectations_read(argv[1]);
    connections = (size_t)strtol(argv[2], NULL, 10);
    client = client_from(argc, argv, 3);
    check_short_behind_long();
    for (i = 0; i < OPERATIONS; ++i) {
        operations[i] = start(i, WINDOW);
        threads = count_threads(threads);
    }
    for (i = 0; i < OPERATIONS; ++i) {
        while (smsp_operation_wait(operations[i], 1) == SMSP_PENDING)
            threads = count_threads(threads);
    }
    /* Those that ask, one that looks after operations, and perhaps some that end while others begin. */
    CHECK(threads >= connections && threads <= connections + 10);
    if (threads > connections + 10)
        fprintf(stderr, "  there were %lu threads\n", (unsigned long)threads);
    for (i = 0; i < OPERATIONS; ++i)
        finish(operations[i], i, WINDOW);
    smsp_client_free(client);
    /* They have ended; the system may show them for another moment. */
    for (i = 0; i < 5000 && count_threads(0) > 0; ++i)
        usleep(1000);
    CHECK_INT(count_threads(0), 0);
    expectations_free(&all);
    return check_result();
}
