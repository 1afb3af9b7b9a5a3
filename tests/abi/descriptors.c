/* descriptors FILE name=value…
 * The host has 2,000 descriptors open before the first call, so those of the library are beyond what select() can. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"
#include <fcntl.h>
#include <sys/resource.h>

#define OPENED 2000
/* More than the library has open at a time. */
#define BEYOND 32

int main(int argc, char **argv)
{
    struct expectations all;
    struct rlimit limit;
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    int i, last = -1;

    if (argc < 2)
        check_fatal("usage: descriptors FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (i = 0; i < OPENED; ++i) {
        last = open("/dev/null", O_RDONLY);
        if (last < 0)
            check_fatal("2,000 descriptors: raise the hard limit, ulimit -Hn", NULL);
    }
    client = client_from(argc, argv, 2);
    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    /* Connections are kept, beyond all that were open: they can be no others. */
    for (i = 1; i <= BEYOND && fcntl(last + i, F_GETFD) < 0; ++i)
        ;
    CHECK(i <= BEYOND && last >= OPENED);
    smsp_report_free(report);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
