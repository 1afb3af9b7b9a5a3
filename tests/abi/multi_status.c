/* multi_status CODE FILE name=value…
 * Asks for the queries of FILE in one call and compares every field of every status (expect.h), twice over, since the
 * second call goes over a connection kept open. CODE is the number that the call is to return. */
#include "expect.h"

/* The error is that of the first batch that failed; only where none did, that of an entry that cannot be asked. */
static int32_t expected_error(const struct expectations *all)
{
    int32_t code = SMSP_OK;
    size_t i;

    for (i = 0; i < all->count; ++i) {
        if (all->statuses[i].state == SMSP_STATE_UNANSWERED)
            return all->statuses[i].code;
        if (all->statuses[i].state == SMSP_STATE_INVALID)
            code = all->statuses[i].code;
    }
    return code;
}

static void check_call(smsp_client *client, const struct expectations *all, int32_t expected)
{
    smsp_report *report = check_poison();
    smsp_error *error = check_poison();
    size_t i, total = 0;
    int32_t code, state;

    code = smsp_multi_status(client, all->queries, all->count, &report, &error);
    CHECK_INT(error == check_poison() ? 0 : smsp_error_code(error), expected_error(all));
    CHECK_CODE(code, &error, expected);
    if (report == NULL || report == check_poison())
        check_fatal("no report", NULL);
    CHECK_INT(smsp_report_count(report), all->count);
    CHECK_INT(expectations_differ(all, report, 0, all->count), 0);
    for (state = SMSP_STATE_UNANSWERED; state <= SMSP_STATE_UNKNOWN; ++state) {
        size_t count = 0;
        for (i = 0; i < all->count; ++i)
            count += all->statuses[i].state == state;
        CHECK_INT(smsp_report_count_state(report, state), count);
        total += count;
    }
    CHECK_INT(total, all->count);
    smsp_report_free(report);
}

/* The report holds texts of its own: the caller's may be gone. */
static void check_ownership(smsp_client *client)
{
    char phone[] = "not a number", id[] = "7";
    smsp_query query;
    smsp_report *report = NULL;

    query.phone_number = phone;
    query.message_id = id;
    smsp_multi_status(client, &query, 1, &report, NULL);
    memset(phone, 'x', sizeof phone - 1);
    memset(id, 'x', sizeof id - 1);
    memset(&query, 0, sizeof query);
    smsp_client_free(client);
    CHECK_STR(smsp_report_get(report, 0)->phone_number, "not a number");
    CHECK_STR(smsp_report_get(report, 0)->message_id, "7");
    smsp_report_free(report);
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;

    if (argc < 3)
        check_fatal("usage: multi_status CODE FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    check_call(client, &all, (int32_t)strtol(argv[1], NULL, 10));
    check_call(client, &all, (int32_t)strtol(argv[1], NULL, 10));
    check_ownership(client);
    expectations_free(&all);
    return check_result();
}
