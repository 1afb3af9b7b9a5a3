/* Asks in the background and draws a progress bar.    progress PHONE:ID ...
 * Ctrl-C cancels, and the answers that came before are printed. Configured by the environment, like multi_status.c.
 * Exit status: 0 if every message was answered, 1 if some were, 2 if none was.
 * Build: cc progress.c -o progress -lsmsp */
#define _POSIX_C_SOURCE 200809L
#include <smsp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static smsp_operation *operation;
static volatile sig_atomic_t is_cancelled;

static void on_interrupt(int number)
{
    (void)number;
    is_cancelled = 1;
    smsp_operation_cancel(operation); /* a signal handler may call it */
}

static void draw(time_t begun)
{
    static const char full[] = "########################################";
    const double seconds = difftime(time(NULL), begun);
    size_t done = 0, total = 0;

    smsp_operation_progress(operation, &done, &total);
    if (total == 0 || is_cancelled) /* after a cancel, done includes what was given up */
        return;
    fprintf(stderr, "\r[%-40.*s] %lu/%lu", (int)(40 * done / total), full, (unsigned long)done, (unsigned long)total);
    if (done > 0 && seconds > 0)
        fprintf(stderr, ", %.0f/s, %.0f s left   ", (double)done / seconds,
                (double)(total - done) * seconds / (double)done);
}

int main(int argc, char **argv)
{
    size_t i, count = argc > 1 ? (size_t)argc - 1 : 0;
    smsp_query *queries = calloc(count + 1, sizeof *queries);
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    smsp_code code = SMSP_E_INVALID_ARGUMENT;
    const time_t begun = time(NULL);
    struct sigaction action = {0};

    action.sa_handler = on_interrupt;
    for (i = 0; queries != NULL && i < count; ++i) {
        char *colon = argv[i + 1] + strcspn(argv[i + 1], ":");
        queries[i].phone_number = argv[i + 1];
        queries[i].message_id = *colon == '\0' ? "" : colon + 1; /* no id: the report says INVALID */
        *colon = '\0';
    }
    if (queries != NULL && (code = smsp_client_new_from_env(&client, &error)) == SMSP_OK
        && (code = smsp_multi_status_start(client, queries, count, &operation, &error)) == SMSP_OK) {
        sigaction(SIGINT, &action, NULL);
        do
            draw(begun);
        while (smsp_operation_wait(operation, 100) == SMSP_PENDING);
        draw(begun);
        signal(SIGINT, SIG_DFL); /* before the operation is freed */
        code = smsp_operation_finish(operation, &report, &error);
    }
    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        printf("%-16s %-12s %s\n", row->phone_number, row->message_id, smsp_state_name(row->state));
    }
    if (error != NULL)
        fprintf(stderr, "\n%s: %s\n", smsp_code_name(code), smsp_error_message(error));

    smsp_error_free(error);
    smsp_report_free(report);
    smsp_operation_free(operation);
    smsp_client_free(client);
    free(queries);
    return code == SMSP_OK ? 0 : code == SMSP_PARTIAL ? 1 : 2;
}
