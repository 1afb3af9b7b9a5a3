/* failure CODE API_CODE HTTP_STATUS RETRYABLE REQUESTS PART COUNT name=value…
 * A call for COUNT messages of which none is answered: the code it returns, what the error says (PART is in its
 * message), that every entry says why, and how many requests were made. */
#include "check.h"

static int32_t number(const char *text)
{
    return (int32_t)strtol(text, NULL, 10);
}

static smsp_query *queries_new(size_t count)
{
    smsp_query *queries = malloc(count * sizeof *queries);
    char *text = malloc(count * 64);
    size_t i;

    if (queries == NULL || text == NULL)
        check_fatal("no memory for the queries", NULL);
    for (i = 0; i < count; ++i) {
        char *phone = text + i * 64, *id = phone + 32;
        snprintf(phone, 32, "+336%08lu", (unsigned long)i);
        snprintf(id, 32, "%lu", (unsigned long)i + 1);
        queries[i].phone_number = phone;
        queries[i].message_id = id;
    }
    return queries;
}

static void queries_free(smsp_query *queries)
{
    free((void *)(size_t)queries[0].phone_number);
    free(queries);
}

/* No message may show the key, wherever it came from. */
static void check_key_hidden(int argc, char **argv, const char *message)
{
    const char *prefix = "api_key=";
    int i;

    for (i = 8; i < argc; ++i)
        if (strncmp(argv[i], prefix, strlen(prefix)) == 0)
            CHECK_LACKS(message, argv[i] + strlen(prefix));
}

static void check_entry(const smsp_status *row, const smsp_query *query, int32_t code, int32_t api_code)
{
    CHECK_STR(row->phone_number, query->phone_number);
    CHECK_STR(row->message_id, query->message_id);
    CHECK_INT(row->state, SMSP_STATE_UNANSWERED);
    CHECK_INT(row->code, code);
    CHECK_INT(row->api_code, api_code);
    CHECK_STR(row->date_text, NULL);
    CHECK_INT(row->date, SMSP_NO_DATE);
    CHECK_INT(row->stop_sms, -1);
    CHECK_INT(row->is_spam, -1);
}

int main(int argc, char **argv)
{
    smsp_client *client;
    smsp_query *queries;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    int32_t code, api_code, http_status, retryable, requests;
    size_t i, count;

    if (argc < 8)
        check_fatal("usage: failure CODE API_CODE HTTP_STATUS RETRYABLE REQUESTS PART COUNT name=value…", NULL);
    code = number(argv[1]);
    api_code = number(argv[2]);
    http_status = number(argv[3]);
    retryable = number(argv[4]);
    requests = number(argv[5]);
    count = (size_t)number(argv[7]);
    client = client_from(argc, argv, 8);
    queries = queries_new(count);

    CHECK_INT(smsp_multi_status(client, queries, count, &report, &error), code);
    if (error == NULL || error == check_poison())
        check_fatal("no error", NULL);
    CHECK_INT(smsp_error_code(error), code);
    CHECK_INT(smsp_error_api_code(error), api_code);
    CHECK_INT(smsp_error_http_status(error), http_status);
    CHECK_INT(smsp_error_is_retryable(error), retryable);
    CHECK_CONTAINS(smsp_error_message(error), argv[6]);
    CHECK_LACKS(smsp_error_message(error), "\n");
    check_key_hidden(argc, argv, smsp_error_message(error));
    CHECK_INT(smsp_report_count(report), count);
    for (i = 0; i < smsp_report_count(report); ++i)
        check_entry(smsp_report_get(report, i), &queries[i], code, api_code);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_UNANSWERED), count);
    CHECK_INT(counter(client, "requests"), requests);
    CHECK_INT(counter(client, "entries_answered"), 0);
    if (*check_failures() != 0)
        fprintf(stderr, "  the error was: %s\n", check_shown(smsp_error_message(error)));

    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    queries_free(queries);
    return check_result();
}
