/* One message an operation by libsmsp: one thread keeps CALLERS operations in flight, and finishes the oldest. */
#include "ours.h"

struct flight {
    smsp_operation *operation;
    double begun;
};

static smsp_operation *start(smsp_client *client, const struct message *message)
{
    smsp_query query = query_of(message);
    smsp_operation *operation = NULL;
    smsp_error *error = NULL;
    need(smsp_multi_status_start(client, &query, 1, &operation, &error), error);
    return operation;
}

static struct row finish(smsp_operation *operation)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    struct row row;
    need(smsp_operation_finish(operation, &report, &error), error);
    row = row_of(report);
    smsp_report_free(report);
    smsp_operation_free(operation);
    return row;
}

/* So many of the list, none before. */
static void ask(struct small *small, smsp_client *client, size_t count)
{
    struct flight *flights = calloc(small->callers, sizeof *flights);
    size_t started = 0, finished;
    if (flights == NULL) fail("no memory");
    for (finished = 0; finished < count; finished++) {
        for (; started < count && started < finished + small->callers; started++) {
            struct flight *flight = &flights[started % small->callers];
            flight->begun = wall_seconds();
            flight->operation = start(client, &small->messages[started]);
        }
        small->rows[finished] = finish(flights[finished % small->callers].operation);
        small->times[finished] = wall_seconds() - flights[finished % small->callers].begun;
    }
    free(flights);
}

int main(int argc, char **argv)
{
    struct small small;
    smsp_client *client;
    size_t count;
    small_begin(&small, argc, argv);
    client = client_of(&small);
    count = small.callers * small.calls;
    ask(&small, client, count < small.callers * WARM_UP ? count : small.callers * WARM_UP);
    small_start(&small);
    ask(&small, client, count);
    small_stop(&small);
    smsp_client_free(client);
    small_end(&small);
    return 0;
}
