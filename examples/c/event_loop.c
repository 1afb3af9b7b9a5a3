/* An event loop: one thread, and up to 1,000 operations in flight.    event_loop PHONE:ID ...
 * Each message is an operation of its own. A line on standard input cancels what is not answered by then.
 * Configured by the environment, like multi_status.c. Exit status: 0 if every message was answered, else 1.
 * Build: cc event_loop.c -o event_loop -lsmsp */
#include <smsp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#else
#include <poll.h>
#endif

#define IN_FLIGHT 1000

static smsp_client *client;
static smsp_queue *queue;
static smsp_operation *operations[IN_FLIGHT]; /* by their tags */

/* watch() begins or ends to wait for a descriptor; next_ready() waits until one can be read. Both return -1 on errors. */
#ifdef __linux__
static int loop = -1;

static int watch(int fd, int is_on)
{
    struct epoll_event event = {EPOLLIN, {NULL}};
    event.data.fd = fd;
    if (loop < 0)
        loop = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ctl(loop, is_on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, fd, &event);
}

static int next_ready(void)
{
    struct epoll_event event;
    return epoll_wait(loop, &event, 1, -1) == 1 ? event.data.fd : -1;
}
#else
static struct pollfd list[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}};

static int watch(int fd, int is_on)
{
    list[fd == STDIN_FILENO].fd = is_on ? fd : -1;
    return 0;
}

static int next_ready(void)
{
    return poll(list, 2, -1) > 0 ? list[list[0].revents == 0].fd : -1;
}
#endif

/* Starts to ask about a message, with this tag. Returns whether that failed. */
static int start(size_t tag, char *message)
{
    char *colon = message + strcspn(message, ":");
    smsp_query query = {message, *colon == '\0' ? "" : colon + 1}; /* no id: the report says INVALID */
    smsp_error *error = NULL;
    smsp_code code;

    *colon = '\0';
    code = smsp_multi_status_start(client, &query, 1, &operations[tag], &error);
    if (code == SMSP_OK)
        code = smsp_operation_notify(operations[tag], queue, tag);
    if (code != SMSP_OK)
        fprintf(stderr, "%s: %s\n", smsp_code_name(code), error != NULL ? smsp_error_message(error) : "");
    smsp_error_free(error);
    return code != SMSP_OK;
}

/* Prints the status of the message with this tag. Returns whether there was no answer. */
static int finish(size_t tag)
{
    smsp_report *report = NULL;
    const smsp_code code = smsp_operation_finish(operations[tag], &report, NULL);
    const smsp_status *row = smsp_report_get(report, 0);

    if (row != NULL)
        printf("%-16s %-12s %-12s %s\n", row->phone_number, row->message_id, smsp_state_name(row->state), smsp_code_name(code));
    smsp_report_free(report);
    smsp_operation_free(operations[tag]);
    operations[tag] = NULL;
    return code != SMSP_OK;
}

int main(int argc, char **argv)
{
    smsp_error *error = NULL;
    uint64_t tags[IN_FLIGHT];
    size_t i, count, running = 0;
    int next = 1, missing = 0, failed = 1, ready;
    char text[64];

    if (smsp_client_new_from_env(&client, &error) != SMSP_OK)
        fprintf(stderr, "%s: %s\n", smsp_code_name(smsp_error_code(error)), smsp_error_message(error));
    else if ((queue = smsp_queue_new()) == NULL || watch(smsp_queue_fd(queue), 1) != 0)
        perror("no event loop");
    else
        failed = 0;
    watch(STDIN_FILENO, 1); /* epoll refuses files */
    for (; !failed && next < argc && running < IN_FLIGHT; ++running)
        failed = start(running, argv[next++]);
    while (!failed && running > 0) {
        ready = next_ready();
        if (ready < 0 && (failed = errno != EINTR) != 0)
            perror("cannot wait");
        if (ready == STDIN_FILENO && read(ready, text, sizeof text) <= 0) {
            watch(ready, 0);
        } else if (ready == STDIN_FILENO) {
            for (i = 0; i < IN_FLIGHT; ++i)
                smsp_operation_cancel(operations[i]);
            missing += argc - next;
            next = argc;
        }
        if (ready == smsp_queue_fd(queue) && smsp_queue_wait(queue, 0, tags, IN_FLIGHT, &count) == SMSP_OK)
            for (i = 0; i < count; ++i) {
                missing += finish(tags[i]);
                if (!failed && next < argc)
                    failed = start(tags[i], argv[next++]);
                else
                    --running;
            }
    }
    for (i = 0; i < IN_FLIGHT; ++i)
        smsp_operation_free(operations[i]);
    smsp_queue_free(queue);
    smsp_error_free(error);
    smsp_client_free(client);
    return failed || missing > 0 ? 1 : 0;
}
