/* One message an operation by libsmsp: one thread keeps CALLERS operations in flight, and finishes those of which a queue
 * tells that they are done. */
#include "ours.h"

/* An operation in flight: the tag is its place in the list. */
struct flight {
    smsp_operation *operation;
    size_t index;
    double begun;
};

struct asker {
    smsp_client *client;
    smsp_queue *queue;
    struct flight *flights;
    uint64_t *tags;
};

static struct asker asker_new(const struct small *small)
{
    struct asker asker;
    asker.client = client_of(small);
    asker.queue = smsp_queue_new();
    asker.flights = calloc(small->callers, sizeof *asker.flights);
    asker.tags = calloc(small->callers, sizeof *asker.tags);
    if (asker.queue == NULL || asker.flights == NULL || asker.tags == NULL) fail("no memory");
    return asker;
}

static void asker_free(struct asker *asker)
{
    smsp_client_free(asker->client);
    smsp_queue_free(asker->queue);
    free(asker->flights);
    free(asker->tags);
}

static void start(struct asker *asker, const struct small *small, size_t index, size_t tag)
{
    struct flight *flight = &asker->flights[tag];
    smsp_error *error = NULL;
    smsp_query query = query_of(&small->messages[index]);
    flight->index = index;
    flight->begun = wall_seconds();
    need(smsp_multi_status_start(asker->client, &query, 1, &flight->operation, &error), error);
    need(smsp_operation_notify(flight->operation, asker->queue, tag), NULL);
}

static void finish(struct asker *asker, struct small *small, size_t tag)
{
    struct flight *flight = &asker->flights[tag];
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    need(smsp_operation_finish(flight->operation, &report, &error), error);
    small->rows[flight->index] = row_of(report);
    smsp_report_free(report);
    smsp_operation_free(flight->operation);
    small->times[flight->index] = wall_seconds() - flight->begun;
}

/* So many of the list from its start. */
static void ask(struct asker *asker, struct small *small, size_t count)
{
    size_t started, finished = 0, i, done;
    for (started = 0; started < small->callers && started < count; started++) start(asker, small, started, started);
    while (finished < count) {
        need(smsp_queue_wait(asker->queue, -1, asker->tags, small->callers, &done), NULL);
        for (i = 0; i < done; i++) {
            size_t tag = (size_t)asker->tags[i];
            finish(asker, small, tag);
            finished++;
            if (started < count) start(asker, small, started++, tag);
        }
    }
}

int main(int argc, char **argv)
{
    struct small small;
    struct asker asker;
    size_t count, warm_up;
    small_begin(&small, argc, argv);
    asker = asker_new(&small);
    count = small.callers * small.calls;
    warm_up = small.callers * WARM_UP;
    ask(&asker, &small, warm_up < count ? warm_up : count);
    small_start(&small);
    ask(&asker, &small, count);
    small_stop(&small);
    asker_free(&asker);
    small_end(&small);
    return 0;
}
