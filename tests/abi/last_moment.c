/* last_moment CALLS FILE name=value…
 * The answer comes in the same millisecond as the deadline. A call, and an operation, either has all answers or none, and says
 * which. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"

static struct expectations all;
static size_t answered;

static void check(smsp_code code, smsp_report *report)
{
    size_t i;

    CHECK(code == SMSP_OK || code == SMSP_E_TIMEOUT);
    CHECK_INT(smsp_report_count(report), all.count);
    if (code == SMSP_OK) {
        ++answered;
        CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    }
    for (i = 0; code != SMSP_OK && i < all.count; ++i)
        CHECK_INT(smsp_report_get(report, i)->code, SMSP_E_TIMEOUT);
    smsp_report_free(report);
}

int main(int argc, char **argv)
{
    smsp_client *client;
    long i, calls;

    if (argc < 3)
        check_fatal("usage: last_moment CALLS FILE name=value…", NULL);
    calls = atol(argv[1]);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    for (i = 0; i < calls; ++i) {
        smsp_report *report = NULL;
        smsp_operation *operation = NULL;
        smsp_code code = smsp_multi_status(client, all.queries, all.count, &report, NULL);

        check(code, report);
        CHECK_INT(smsp_multi_status_start(client, all.queries, all.count, &operation, NULL), SMSP_OK);
        CHECK_INT(smsp_operation_wait(operation, 10000), SMSP_OK);
        code = smsp_operation_finish(operation, &report, NULL);
        check(code, report);
        smsp_operation_free(operation);
    }
    printf("%lu of %ld were answered\n", (unsigned long)answered, 2 * calls);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
