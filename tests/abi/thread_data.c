/* thread_data FILE name=value…
 * The host has much data for each thread, which the system takes from every thread's stack: every kind of thread that the
 * library starts has room beside it. The base URL is https and has a name. The statuses are those of FILE (expect.h). */
#include "expect.h"

#ifndef SIZE
#define SIZE (470 * 1024)
#endif

static __thread volatile unsigned char data[SIZE];

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    if (argc < 2)
        check_fatal("usage: thread_data FILE name=value…", NULL);
    data[0] = data[SIZE - 1] = 1;
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    CHECK_CODE(smsp_multi_status_start(client, all.queries, all.count, &operation, &error), &error, SMSP_OK);
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    smsp_operation_free(operation);
    smsp_client_free(client);
    CHECK_INT(data[0] + data[SIZE - 1], 2);
    expectations_free(&all);
    return check_result();
}
