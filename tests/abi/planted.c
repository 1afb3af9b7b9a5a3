/* planted FAULT name=value…
 * A program with a fault, for a look at the sanitizers: they must find it. FAULT is "none", "use_after_free", "leak" or
 * "race". */
#include "check.h"
#include <pthread.h>

static void *count(void *counter)
{
    ++*(volatile int *)counter;
    return NULL;
}

static void race(void)
{
    static int counter;
    pthread_t other;

    if (pthread_create(&other, NULL, count, &counter) != 0)
        check_fatal("pthread_create", NULL);
    count(&counter);
    pthread_join(other, NULL);
}

int main(int argc, char **argv)
{
    static const smsp_query query = {"+33600000001", "1"};
    smsp_client *client;
    smsp_report *report = NULL;
    const smsp_status *status;

    if (argc < 2)
        check_fatal("usage: planted FAULT name=value…", NULL);
    client = client_from(argc, argv, 2);
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, NULL), SMSP_OK);
    status = smsp_report_get(report, 0);
    CHECK_INT(status->code, SMSP_OK);
    if (strcmp(argv[1], "leak") != 0)
        smsp_report_free(report);
    if (strcmp(argv[1], "use_after_free") == 0)
        CHECK_INT(status->code, SMSP_OK);
    if (strcmp(argv[1], "race") == 0)
        race();
    report = NULL;
    status = NULL;
    smsp_client_free(client);
    return check_result();
}
