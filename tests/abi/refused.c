/* refused COUNT EVERY API_CODE REQUESTS HALVED name=value...
 * The service refuses any request that holds a message whose id is a multiple of EVERY. All others are answered, each with
 * its own state, and a message that is refused alone says so. */
#include "check.h"

enum { TEXT = 32 };

static void check_row(const smsp_report *report, size_t i, long every, int32_t api_code)
{
    const smsp_status *row = smsp_report_get(report, i);

    CHECK_INT(row->index, i);
    CHECK_INT(row->code, SMSP_OK);
    CHECK(smsp_report_error(report, i) == NULL);
    if (((long)i + 1) % every != 0) {
        CHECK(row->state != SMSP_STATE_REJECTED && row->state != SMSP_STATE_UNANSWERED);
        return;
    }
    CHECK_INT(row->state, api_code == 4 ? SMSP_STATE_NOT_FOUND : SMSP_STATE_REJECTED);
    CHECK_INT(row->api_code, api_code);
    CHECK_STR(row->status_text, "Refus\nde ***");
}

int main(int argc, char **argv)
{
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i, count;
    char(*ids)[TEXT];
    smsp_query *queries;
    long every;

    if (argc < 6)
        check_fatal("usage: refused COUNT EVERY API_CODE REQUESTS HALVED name=value...", NULL);
    count = (size_t)atol(argv[1]);
    every = atol(argv[2]);
    client = client_from(argc, argv, 6);
    ids = calloc(count, sizeof *ids);
    queries = calloc(count, sizeof *queries);
    if (ids == NULL || queries == NULL)
        check_fatal("no memory", NULL);
    for (i = 0; i < count; ++i) {
        snprintf(ids[i], TEXT, "%lu", (unsigned long)i + 1);
        queries[i].phone_number = "+33600000001";
        queries[i].message_id = ids[i];
    }

    CHECK_CODE(smsp_multi_status(client, queries, count, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), count);
    for (i = 0; i < smsp_report_count(report); ++i)
        check_row(report, i, every, (int32_t)atol(argv[3]));
    CHECK_INT(counter(client, "requests"), atol(argv[4]));
    CHECK_INT(counter(client, "batches_halved"), atol(argv[5]));
    CHECK_INT(counter(client, "retries"), 0);
    CHECK_INT(counter(client, "entries_answered"), count);
    smsp_report_free(report);
    smsp_client_free(client);
    free(queries);
    free(ids);
    return check_result();
}
