/* An event loop: three operations and standard input at the same time.    event_loop PHONE:ID ...
 * Each operation asks about a third of the messages. 1, 2 or 3 on standard input cancels that operation.
 * Configured by the environment, like multi_status.c. Exit status: 0 if every message was answered, else 1.
 * Build: cc event_loop.c -o event_loop -lsmsp */
#include <smsp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT 3

/* Prints the report of an operation that is done. Returns whether some message was not answered. */
static int finish(int number, smsp_operation *operation)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    const smsp_code code = smsp_operation_finish(operation, &report, &error);
    size_t i;

    printf("%d: %s %s\n", number, smsp_code_name(code), error != NULL ? smsp_error_message(error) : "");
    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        printf("%d: %-16s %-12s %s\n", number, row->phone_number, row->message_id, smsp_state_name(row->state));
    }
    smsp_error_free(error);
    smsp_report_free(report);
    return code != SMSP_OK;
}

int main(int argc, char **argv)
{
    size_t i, count = argc > 1 ? (size_t)argc - 1 : 0;
    smsp_query *queries = calloc(count + 1, sizeof *queries);
    smsp_operation *operations[COUNT] = {NULL, NULL, NULL};
    struct pollfd list[COUNT + 1] = {{0, POLLIN, 0}, {0, POLLIN, 0}, {0, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    smsp_client *client = NULL;
    smsp_error *error = NULL;
    int n, running = 0, missing = 0;
    int failed = queries == NULL || smsp_client_new_from_env(&client, &error) != SMSP_OK;

    for (i = 0; queries != NULL && i < count; ++i) {
        char *colon = argv[i + 1] + strcspn(argv[i + 1], ":");
        queries[i].phone_number = argv[i + 1];
        queries[i].message_id = *colon == '\0' ? "" : colon + 1; /* no id: the report says INVALID */
        *colon = '\0';
    }
    for (n = 0; n < COUNT && !failed; ++n, ++running) {
        const size_t first = count * n / COUNT, next = count * (n + 1) / COUNT;
        failed = smsp_multi_status_start(client, queries + first, next - first, &operations[n], &error) != SMSP_OK;
        failed = (list[n].fd = smsp_operation_fd(operations[n])) < 0 || failed;
    }
    while (!failed && running > 0 && poll(list, COUNT + 1, -1) > 0) {
        char text[64];
        const ssize_t length = list[COUNT].revents != 0 ? read(STDIN_FILENO, text, sizeof text) : 0;
        if (list[COUNT].revents != 0 && length <= 0)
            list[COUNT].fd = -1; /* poll skips it */
        for (i = 0; length > 0 && i < (size_t)length; ++i)
            if (text[i] >= '1' && text[i] < '1' + COUNT)
                smsp_operation_cancel(operations[text[i] - '1']);
        for (n = 0; n < COUNT; ++n) {
            if (list[n].fd < 0 || list[n].revents == 0)
                continue;
            missing += finish(n + 1, operations[n]);
            list[n].fd = -1;
            --running;
        }
    }
    if (error != NULL)
        fprintf(stderr, "%s: %s\n", smsp_code_name(smsp_error_code(error)), smsp_error_message(error));
    for (n = 0; n < COUNT; ++n)
        smsp_operation_free(operations[n]);
    smsp_error_free(error);
    smsp_client_free(client);
    free(queries);
    return failed || missing > 0 ? 1 : 0;
}
