/* Asks what became of messages and prints their statuses.    multi_status PHONE:ID ...
 * Configured by the environment: SMSPARTNER_API_KEY, and SMSP_ with the name of an option in capitals for the others.
 * Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
 * Build: cc multi_status.c -o multi_status -lsmsp */
#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The last column: the text of the service, or why there is no answer. */
static const char *detail(const smsp_status *row, const smsp_error *error)
{
    return error != NULL ? smsp_error_message(error) : row->status_text != NULL ? row->status_text : "";
}

static void print_status(const smsp_status *row, const smsp_error *error)
{
    char date[32] = "";
    const time_t seconds = (time_t)row->date;
    const struct tm *utc = gmtime(&seconds);

    if (row->date != SMSP_NO_DATE && utc != NULL)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", utc);
    printf("%-16s %-12s %-13s %-20s %s\n", row->phone_number, row->message_id, smsp_state_name(row->state),
           row->date_text != NULL ? row->date_text : date, detail(row, error));
}

int main(int argc, char **argv)
{
    size_t i, count = argc > 1 ? (size_t)argc - 1 : 0;
    smsp_query *queries = calloc(count + 1, sizeof *queries);
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    smsp_code code = SMSP_E_INVALID_ARGUMENT;

    for (i = 0; queries != NULL && i < count; ++i) {
        char *colon = argv[i + 1] + strcspn(argv[i + 1], ":");
        queries[i].phone_number = argv[i + 1];
        queries[i].message_id = *colon == '\0' ? "" : colon + 1; /* no id: the report says INVALID */
        *colon = '\0';
    }
    if (queries != NULL && (code = smsp_client_new_from_env(&client, &error)) == SMSP_OK)
        code = smsp_multi_status(client, queries, count, &report, &error);

    for (i = 0; i < smsp_report_count(report); ++i)
        print_status(smsp_report_get(report, i), smsp_report_error(report, i));
    if (error != NULL)
        fprintf(stderr, "%s: %s\n", smsp_code_name(code), smsp_error_message(error));

    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    free(queries);
    return code == SMSP_OK ? 0 : code == SMSP_PARTIAL ? 1 : 2;
}
