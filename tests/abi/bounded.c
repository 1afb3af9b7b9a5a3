/* bounded CODE PART KIB name=value…
 * A call for one message, which fails: with this code, PART in its message, and while the whole program never holds
 * more than so much memory. */
#define _DEFAULT_SOURCE
#include "check.h"
#include <sys/resource.h>

int main(int argc, char **argv)
{
    static const smsp_query query = {"+33639980001", "1"};
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    struct rusage usage;

    if (argc < 4)
        check_fatal("usage: bounded CODE PART KIB name=value…", NULL);
    client = client_from(argc, argv, 4);
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, &error), strtol(argv[1], NULL, 10));
    CHECK_CONTAINS(smsp_error_message(error), argv[2]);
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        check_fatal("getrusage", NULL);
    if (usage.ru_maxrss > strtol(argv[3], NULL, 10))
        CHECK_INT(usage.ru_maxrss, strtol(argv[3], NULL, 10));
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    return check_result();
}
