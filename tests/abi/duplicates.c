/* duplicates name=value…
 * A query given twice is asked once and answered twice; 1,000 entries of 500 different queries are one request. */
#include "check.h"

#define DISTINCT 500

int main(int argc, char **argv)
{
    static char phones[DISTINCT][16], ids[DISTINCT][16];
    static smsp_query queries[2 * DISTINCT];
    smsp_client *client = client_from(argc, argv, 1);
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i;

    for (i = 0; i < DISTINCT; ++i) {
        snprintf(phones[i], sizeof phones[i], "+336%08d", (int)i);
        snprintf(ids[i], sizeof ids[i], "%d", 1000 + (int)i);
        queries[i].phone_number = phones[i];
        queries[i].message_id = ids[i];
        /* The second half is the first from its end, so that twins are at all distances. */
        queries[2 * DISTINCT - 1 - i] = queries[i];
    }
    CHECK_CODE(smsp_multi_status(client, queries, 2 * DISTINCT, &report, &error), &error, SMSP_OK);
    CHECK_INT(counter(client, "requests"), 1);
    CHECK_INT(counter(client, "entries_answered"), 2 * DISTINCT);
    CHECK_INT(counter(client, "answers_unmatched"), 0);
    for (i = 0; i < DISTINCT; ++i) {
        const smsp_status *one = smsp_report_get(report, i);
        const smsp_status *twin = smsp_report_get(report, 2 * DISTINCT - 1 - i);
        CHECK_STR(one->phone_number, phones[i]);
        CHECK_STR(one->message_id, ids[i]);
        CHECK_STR(twin->phone_number, phones[i]);
        CHECK_STR(twin->message_id, ids[i]);
        CHECK_STR(twin->status_text, one->status_text);
        CHECK_STR(twin->date_text, one->date_text);
        CHECK_INT(twin->date, one->date);
        CHECK(one->state != SMSP_STATE_UNANSWERED);
        CHECK_INT(twin->state, one->state);
        CHECK_INT(one->code, SMSP_OK);
        CHECK_INT(twin->code, SMSP_OK);
        CHECK_INT(twin->api_code, one->api_code);
        CHECK_INT(twin->stop_sms, one->stop_sms);
        CHECK_INT(twin->is_spam, one->is_spam);
    }
    smsp_report_free(report);
    smsp_client_free(client);
    return check_result();
}
