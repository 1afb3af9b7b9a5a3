/* One message a call by libsmsp: all callers share one client. */
#include "callers.h"
#include "ours.h"

struct caller {
    smsp_client *client;
};

static struct caller *caller_new(const struct small *small, void *shared)
{
    struct caller *caller = malloc(sizeof *caller);
    (void)small;
    if (caller == NULL) fail("no memory");
    caller->client = shared;
    return caller;
}

static void caller_ask(struct caller *caller, const struct message *message, struct row *row)
{
    smsp_query query = query_of(message);
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    need(smsp_multi_status(caller->client, &query, 1, &report, &error), error);
    *row = row_of(report);
    smsp_report_free(report);
}

static void caller_free(struct caller *caller)
{
    free(caller);
}

int main(int argc, char **argv)
{
    struct small small;
    smsp_client *client;
    small_begin(&small, argc, argv);
    client = client_of(&small);
    small_run(&small, client);
    smsp_client_free(client);
    small_end(&small);
    return 0;
}
