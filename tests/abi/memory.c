/* memory MEBIBYTES FILE name=value…
 * A call by a process whose address space is at its limit but for so many MiB. Prints what came of it. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    struct expectations all;
    struct rlimit limit;
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int32_t code;
    size_t i;

    if (argc < 3)
        check_fatal("usage: memory MEBIBYTES FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = ((rlim_t)process_memory("VmSize:") << 10) + ((rlim_t)strtol(argv[1], NULL, 10) << 20);
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        check_fatal("setrlimit", NULL);
    code = smsp_multi_status(client, all.queries, all.count, &report, &error);
    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *status = smsp_report_get(report, i);
        CHECK(status->code == SMSP_E_RESOURCE || expect_same(status, &all.statuses[i]));
    }
    CHECK(error == NULL || smsp_error_code(error) == SMSP_E_RESOURCE);
    CHECK((error == NULL) == (code == SMSP_OK));
    printf("%s\n", smsp_code_name(code));
    if (*check_failures() != 0)
        fprintf(stderr, "  the error was: %s\n", check_shown(smsp_error_message(error)));
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
