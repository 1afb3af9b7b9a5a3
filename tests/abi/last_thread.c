/* last_thread (host|library|operation) name=value…
 * The host's only thread ends (pthread_exit). The system runs what the host has for the end (atexit) in the last thread of the
 * process: that thread, or one of the library, which a call has left behind, or an operation that goes on to its end. All of it
 * runs, once and to its end, and the process ends with status 0. It may ask once more, and frees the operation and the client,
 * whose thread may be the one that runs. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>

static const smsp_query queries[] = {{"+33600000001", "1"}, {"+33600000002", "2"}};
static pthread_t host;
static int is_host;
static smsp_client *client;
static smsp_operation *under_way;

static void say_the_end(void)
{
    puts("end");
}

static void ask(void)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, queries, 2, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), 2);
    smsp_report_free(report);
}

static void finish_operation(void)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_INT(smsp_operation_wait(under_way, 0), SMSP_OK);
    CHECK_CODE(smsp_operation_finish(under_way, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), 2);
    smsp_report_free(report);
    smsp_operation_free(under_way);
}

static void free_client(void)
{
    smsp_operation *operation = NULL;
    smsp_error *error = check_poison();

    CHECK((pthread_equal(pthread_self(), host) != 0) == is_host);
    if (under_way != NULL)
        finish_operation();
    ask();
    /* A thread that is started here would be taken for the last one at its end, and end the process in the middle of this. */
    CHECK_FAILS(smsp_multi_status_start(client, queries, 2, &operation, &error), &error, SMSP_E_RESOURCE, "pthread_exit",
                NULL);
    smsp_client_free(client);
    puts(check_result() == 0 ? "freed" : "failed");
}

int main(int argc, char **argv)
{
    if (argc < 2)
        check_fatal("usage: last_thread (host|library|operation) name=value…", NULL);
    host = pthread_self();
    is_host = strcmp(argv[1], "host") == 0;
    if (atexit(say_the_end) != 0 || atexit(free_client) != 0)
        check_fatal("atexit", NULL);
    client = client_from(argc, argv, 2);
    if (strcmp(argv[1], "library") == 0)
        ask();
    if (strcmp(argv[1], "operation") == 0)
        CHECK_INT(smsp_multi_status_start(client, queries, 2, &under_way, NULL), SMSP_OK);
    pthread_exit(NULL);
}
