/* freed name=value…
 * A client is freed while a call of another thread runs over it: the call goes on to its end. The service that the
 * arguments lead to answers slowly, so that the call is under way when the client goes. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>
#include <time.h>

#define COUNT 1201

static smsp_client *client;
static smsp_query queries[COUNT];
static char phones[COUNT][16];
static int32_t code;
static smsp_report *report;
static smsp_error *error;

static void *work(void *context)
{
    (void)context;
    code = smsp_multi_status(client, queries, COUNT, &report, &error);
    return NULL;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {0, 1000000};
    pthread_t thread;
    size_t i;

    for (i = 0; i < COUNT; ++i) {
        snprintf(phones[i], sizeof phones[i], "+336%08lu", (unsigned long)i);
        queries[i].phone_number = phones[i];
        queries[i].message_id = "1";
    }
    client = client_from(argc, argv, 1);
    error = check_poison();
    if (pthread_create(&thread, NULL, work, NULL) != 0)
        check_fatal("pthread_create", NULL);
    /* The first connection is made inside the call, so the call has begun. */
    while (counter(client, "connections") == 0)
        nanosleep(&pause, NULL);
    smsp_client_free(client);
    pthread_join(thread, NULL);

    CHECK_CODE(code, &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), COUNT);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_UNANSWERED), 0);
    smsp_report_free(report);
    return check_result();
}
