/* idle FILE name=value…
 * A client that is not asked has no threads. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    int round;

    if (argc < 2)
        check_fatal("usage: idle FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    CHECK_INT(process_threads(), 1);
    for (round = 0; round < 3; ++round) {
        smsp_report *report = NULL;
        smsp_error *error = check_poison();
        CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
        CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
        smsp_report_free(report);
        process_await_threads(1);
    }
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
