/* invalid name=value…
 * Entries that cannot be asked come back INVALID at their place, and hold up nothing. */
#include "check.h"

static char long_id[257], longest_id[256];

/* Each pair is a number and an id; the state that follows is INVALID or, for a good one, anything but. */
static const struct entry {
    const char *phone_number;
    const char *message_id;
    int good;
} entries[] = {
    {"+33600000001", "1", 1},
    {NULL, "1", 0},
    {"+33600000001", NULL, 0},
    {NULL, NULL, 0},
    {"+336\xff\xfe", "1", 0},
    {"+33600000001", "\xc3", 0},
    {"", "1", 0},
    {"06xxxxxxx2", "1", 0},
    {"+123456", "1", 0},
    {"+1234567890123456", "1", 0},
    {"+0123456789", "1", 0},
    {"0012", "1", 0},
    {"123456", "1", 0},
    {"0012345678", "1", 1},
    {"061992226", "1", 0},
    {"+33600000001", "", 0},
    {"+33600000001", " \t\r\n ", 0},
    {"+33600000001", "1\0012", 0},
    {"+33600000001", "1\n2", 0},
    {"+33600000001", long_id, 0},
    {"+33600000002", longest_id, 1},
    {"+33600000003", " 42 ", 1},
    {"+33600000004", "msgId1", 1},
    {"0619922264", "18446744073709551616", 1},
    {"33612345678", "1", 1},
    {"0033612345679", "1", 1},
    {"+33 (0)6 12-34.56 80", "1", 1},
    {"+33 (0)6 12-34.56/80", "1", 0},
    {"33612345671.0", "1", 0},
    {"+33600000001", "12\xe2\x80\x8b""3", 0},
    {"+33600000005", "\xef\xbb\xbf""43\xe2\x80\x8b", 1},
};

#define COUNT (sizeof entries / sizeof *entries)

static void check_row(const smsp_status *row, const struct entry *entry)
{
    /* The caller's text, byte for byte; NULL where the caller gave none. */
    CHECK_STR(row->phone_number, entry->phone_number);
    CHECK_STR(row->message_id, entry->message_id);
    if (entry->good) {
        CHECK(row->state != SMSP_STATE_INVALID && row->state != SMSP_STATE_UNANSWERED);
        CHECK_INT(row->code, SMSP_OK);
        return;
    }
    CHECK_INT(row->state, SMSP_STATE_INVALID);
    CHECK_INT(row->code, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(row->api_code, 0);
    CHECK_STR(row->status_text, NULL);
    CHECK_STR(row->date_text, NULL);
    CHECK_INT(row->date, SMSP_NO_DATE);
    CHECK_INT(row->stop_sms, -1);
    CHECK_INT(row->is_spam, -1);
}

/* Good ones among bad ones: PARTIAL, and the error is that of the bad ones since no batch failed. */
static void check_mixed(smsp_client *client, const smsp_query *queries)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i, bad = 0;

    CHECK_INT(smsp_multi_status(client, queries, COUNT, &report, &error), SMSP_PARTIAL);
    CHECK_INT(smsp_error_code(error), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_error_http_status(error), 0);
    CHECK_INT(smsp_error_api_code(error), 0);
    CHECK_INT(smsp_error_is_retryable(error), 0);
    CHECK(smsp_error_message(error) != NULL);
    smsp_error_free(error);
    CHECK_INT(smsp_report_count(report), COUNT);
    for (i = 0; i < COUNT; ++i) {
        int failures = *check_failures();
        check_row(smsp_report_get(report, i), &entries[i]);
        bad += !entries[i].good;
        if (*check_failures() != failures)
            fprintf(stderr, "  in entry %lu: %s, %s\n", (unsigned long)i, check_shown(entries[i].phone_number),
                    check_shown(entries[i].message_id));
    }
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_INVALID), bad);
    CHECK_INT(counter(client, "requests"), 1);
    CHECK_INT(counter(client, "answers_unmatched"), 0);
    smsp_report_free(report);
}

/* Bad ones alone are an error, with a report and without a request. */
static void check_all_bad(smsp_client *client, const smsp_query *queries)
{
    smsp_query bad[COUNT];
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i, count = 0;

    for (i = 0; i < COUNT; ++i)
        if (!entries[i].good)
            bad[count++] = queries[i];
    CHECK_CODE(smsp_multi_status(client, bad, count, &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_report_count(report), count);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_INVALID), count);
    CHECK_INT(counter(client, "requests"), 1);
    smsp_report_free(report);
}

/* No array is as long as that, and no memory either. */
static void check_absurd_count(smsp_client *client, const smsp_query *queries)
{
    smsp_report *report = check_poison();
    smsp_error *error = check_poison();
    int32_t code = smsp_multi_status(client, queries, SIZE_MAX, &report, &error);

    CHECK(code == SMSP_E_INVALID_ARGUMENT || code == SMSP_E_RESOURCE);
    CHECK(report == NULL);
    CHECK_INT(smsp_error_code(error), code);
    smsp_error_free(error);
}

int main(int argc, char **argv)
{
    smsp_client *client = client_from(argc, argv, 1);
    smsp_query queries[COUNT];
    size_t i;

    memset(long_id, 'x', 256);
    memset(longest_id, 'x', 255);
    for (i = 0; i < COUNT; ++i) {
        queries[i].phone_number = entries[i].phone_number;
        queries[i].message_id = entries[i].message_id;
    }
    check_mixed(client, queries);
    check_all_bad(client, queries);
    check_absurd_count(client, queries);
    smsp_client_free(client);
    return check_result();
}
