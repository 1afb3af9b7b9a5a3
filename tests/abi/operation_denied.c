/* operation_denied FILE name=value…
 * The system has no thread or no descriptor to give: nothing starts, nothing is asked, and nothing is lost. Once there is
 * a thread it works for all. The queries and statuses are those of FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"
#include <sys/resource.h>
#include <unistd.h>

static struct expectations all;
static smsp_client *client;

/* As many messages as a batch has, for one thread and one connection. */
#define BATCH 5

static smsp_operation *start(size_t count, int32_t code, const char *part)
{
    smsp_operation *operation = check_poison();
    smsp_error *error = check_poison();
    int32_t is = smsp_multi_status_start(client, all.queries, count, &operation, &error);

    CHECK_FAILS(is, &error, code, part, NULL);
    CHECK((operation == NULL) == (code != SMSP_OK));
    return operation;
}

static void finish(smsp_operation *operation, size_t count)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

static void check_threads(void)
{
    smsp_operation *operation;

    threads_left = 0;
    start(all.count, SMSP_E_RESOURCE, "thread");
    threads_left = 1; /* for the thread that looks after operations, and none to ask */
    start(all.count, SMSP_E_RESOURCE, "thread");
    CHECK_INT(counter(client, "requests"), 0);
    threads_left = 1; /* to ask; the other one has stayed */
    operation = start(all.count, SMSP_OK, NULL);
    finish(operation, all.count);
    CHECK_INT(counter(client, "connections"), 1);
    threads_left = THREADS_WITHOUT_END;
    finish(start(all.count, SMSP_OK, NULL), all.count);
}

/* A client that has asked needs no further descriptor, but for smsp_operation_fd. A new one does. */
static void check_descriptors(smsp_client *new_client)
{
    smsp_client *asked = client;
    struct rlimit limit, none;
    int lowest;
    smsp_operation *operation;

    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    lowest = dup(0);
    close(lowest);
    none.rlim_cur = (rlim_t)lowest; /* all below are in use */
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    operation = start(BATCH, SMSP_OK, NULL);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_fd(operation), -1);
    client = new_client;
    start(BATCH, SMSP_E_RESOURCE, "descriptor");
    client = asked;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK(smsp_operation_fd(operation) >= 0);
    finish(operation, BATCH);
}

int main(int argc, char **argv)
{
    smsp_client *new_client;

    if (argc < 2)
        check_fatal("usage: operation_denied FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    check_threads();
    new_client = client_from(argc, argv, 2);
    check_descriptors(new_client);
    smsp_client_free(new_client);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
