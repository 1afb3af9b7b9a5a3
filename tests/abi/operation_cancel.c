/* operation_cancel STATE ROUNDS LIMIT_MS
 * Cancels an operation ROUNDS times while it hangs in STATE, half of the times from a signal handler. It is done within
 * LIMIT_MS; what was answered is in the report, the rest is cancelled. Prints the longest that one took.
 * The service is a thread of this program, so that the state is known to be reached. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* Longer than any state takes to be reached. */
#define PATIENCE_MS 20000

#define MESSAGES 500

static const char answer[] = "{\"success\":true,\"code\":200,\"StatutResponse_List\":[{\"success\":true,\"code\":200,"
                             "\"phoneNumber\":\"+33600000000\",\"messageId\":\"m0\",\"status\":\"Waiting\"}]}";
static const char busy[] = "HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n";
static const char begun[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"success\"";

static const char *state;
static int listener;
static unsigned port;
static sem_t reached, over;
static smsp_operation *cancelled;

static int in(const char *name)
{
    return strcmp(state, name) == 0;
}

static void wait_for(sem_t *semaphore, const char *what)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    while (sem_timedwait(semaphore, &end) != 0)
        if (errno != EINTR)
            check_fatal(what, NULL);
}

/* Stands in front of the system's, for the library too. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)name, (void)service, (void)hints, (void)found;
    sem_post(&reached);
    sem_wait(&over);
    return EAI_FAIL;
}

/* ---- The service ---- */

static void say(int stream, const char *text)
{
    if (write(stream, text, strlen(text)) < 0)
        check_fatal("write", NULL);
}

static void read_request(int stream)
{
    char text[65536];
    size_t length = 0;
    ssize_t got;

    do {
        got = read(stream, text + length, sizeof text - 1 - length);
        length += got > 0 ? (size_t)got : 0;
        text[length] = '\0';
    } while (got > 0 && strstr(text, "]}") == NULL);
}

static void serve(int stream)
{
    char head[200];

    if (in("handshake") || in("send")) {
        if (read(stream, head, 1) != 1)
            check_fatal("nothing was sent", NULL);
    } else {
        read_request(stream);
    }
    if (in("body"))
        say(stream, begun);
    if (in("retry"))
        say(stream, busy);
    if (in("pace") || in("done")) {
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lu\r\n\r\n", (unsigned long)strlen(answer));
        say(stream, head);
        say(stream, answer);
    }
    sem_post(&reached);
    sem_wait(&over);
}

static void *service(void *context)
{
    int stream;

    while ((stream = accept(listener, NULL, NULL)) >= 0) {
        serve(stream);
        close(stream);
    }
    return context;
}

static void listen_on_loopback(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    int small = 2304, segment = 536;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (in("send")) { /* so that a request does not fit into the system's buffers */
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        setsockopt(listener, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, in("connect") ? 0 : 16) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        check_fatal("listen", NULL);
    port = ntohs(address.sin_port);
}

/* How many sockets of this process, the library's included, are connecting: their first packet has no answer. */
static int connecting(void)
{
    struct tcp_info info;
    int fd, count = 0;

    for (fd = 0; fd < 100; ++fd) {
        socklen_t length = sizeof info;
        count += getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && info.tcpi_state == TCP_SYN_SENT;
    }
    return count;
}

/* Fills the queue of the listener, which nobody empties, until no connection is accepted any more. */
static void fill_queue(void)
{
    struct sockaddr_in address;
    struct pollfd descriptor = {0, POLLOUT, 0};

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    do {
        descriptor.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (descriptor.fd < 0)
            check_fatal("socket", NULL);
        connect(descriptor.fd, (struct sockaddr *)&address, sizeof address);
    } while (poll(&descriptor, 1, 300) > 0);
}

/* ---- The operation ---- */

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static smsp_client *client_new(void)
{
    char key[] = "api_key=key", url[100], connections[] = "max_connections=1", batch[40];
    char request[] = "request_timeout_ms=20000", connect[] = "connect_timeout_ms=20000";
    char pace[] = "requests_per_second=0.01";
    char *options[] = {key, url, connections, batch, request, connect, pace};

    snprintf(url, sizeof url, "base_url=%s://%s:%u", in("handshake") ? "https" : "http",
             in("look-up") ? "localhost" : "127.0.0.1", port);
    snprintf(batch, sizeof batch, "batch_size=%d", in("send") ? MESSAGES : 1);
    return client_from(in("pace") ? 7 : 6, options, 0);
}

static smsp_operation *start(smsp_client *client, size_t count)
{
    static char phones[MESSAGES][16], ids[MESSAGES][256];
    smsp_query queries[MESSAGES];
    smsp_operation *operation = NULL;
    size_t i;

    for (i = 0; i < count; ++i) {
        snprintf(phones[i], sizeof phones[i], "+336%08lu", (unsigned long)i);
        snprintf(ids[i], sizeof ids[i], "m%lu", (unsigned long)i);
        if (in("send")) /* twice as long in JSON */
            memset(ids[i], '"', sizeof ids[i] - 1);
        queries[i].phone_number = phones[i];
        queries[i].message_id = ids[i];
    }
    if (smsp_multi_status_start(client, queries, count, &operation, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    return operation;
}

/* Until the operation hangs. */
static void wait_for_state(const smsp_client *client, int fillers)
{
    const struct timespec pause = {0, 200000};
    double end = milliseconds() + PATIENCE_MS;

    if (!in("connect"))
        wait_for(&reached, "the state was not reached");
    while ((in("connect") && connecting() <= fillers) || (in("retry") && counter(client, "failures_http") == 0)
           || ((in("pace") || in("done")) && counter(client, "entries_answered") == 0)) {
        if (milliseconds() > end)
            check_fatal("the state was not reached", NULL);
        nanosleep(&pause, NULL);
    }
}

static void on_signal(int number)
{
    (void)number;
    errno = 77;
    smsp_operation_cancel(cancelled);
    CHECK_INT(errno, 77);
}

/* How long the operation takes to be done after it is cancelled. */
static double cancel(smsp_operation *operation, int round)
{
    struct pollfd descriptor = {0, POLLIN, 0};
    double before;

    descriptor.fd = smsp_operation_fd(operation);
    cancelled = operation;
    before = milliseconds();
    if (round % 2 == 0)
        raise(SIGUSR1);
    else
        smsp_operation_cancel(operation);
    if (round % 4 < 2 && poll(&descriptor, 1, PATIENCE_MS / 2) != 1)
        check_fatal("the descriptor is not readable", NULL);
    if (smsp_operation_wait(operation, PATIENCE_MS / 2) != SMSP_OK)
        check_fatal("the operation is not done", NULL);
    return milliseconds() - before;
}

static void finish(smsp_operation *operation, size_t count, size_t answered)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    size_t i, done = 0;
    int32_t code = answered == count ? SMSP_OK : answered > 0 ? SMSP_PARTIAL : SMSP_E_CANCELLED;

    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(smsp_operation_progress(operation, &done, NULL), SMSP_OK);
    CHECK_INT(done, count);
    CHECK_FAILS(smsp_operation_finish(operation, &report, &error), &error, code, code == SMSP_OK ? NULL : "cancelled",
                NULL);
    CHECK_INT(smsp_report_count(report), count);
    for (i = 0; i < smsp_report_count(report); ++i) {
        CHECK_INT(smsp_report_get(report, i)->state, i < answered ? SMSP_STATE_WAITING : SMSP_STATE_UNANSWERED);
        CHECK_INT(smsp_report_get(report, i)->code, i < answered ? SMSP_OK : SMSP_E_CANCELLED);
    }
    smsp_report_free(report);
    smsp_operation_free(operation);
}

static double run_round(int round, int fillers)
{
    smsp_client *client = client_new();
    size_t count = in("send") ? MESSAGES : in("done") ? 1 : 3;
    smsp_operation *operation = start(client, count);
    double took;

    wait_for_state(client, fillers);
    if (in("queued")) { /* behind the one that hangs */
        smsp_operation *queued = start(client, count);
        took = cancel(queued, round);
        finish(queued, count, 0);
        smsp_operation_cancel(operation);
    } else {
        if (in("done") && smsp_operation_wait(operation, -1) != SMSP_OK)
            check_fatal("it is not done", NULL);
        took = cancel(operation, round);
    }
    finish(operation, count, in("pace") || in("done") ? 1 : 0);
    smsp_client_free(client);
    if (!in("connect"))
        sem_post(&over);
    return took;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    struct sigaction action;
    double worst = 0, limit;
    int round, rounds, fillers = 0;

    if (argc < 4)
        check_fatal("usage: operation_cancel STATE ROUNDS LIMIT_MS", NULL);
    state = argv[1];
    rounds = (int)strtol(argv[2], NULL, 10);
    limit = strtod(argv[3], NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, NULL);
    sem_init(&reached, 0, 0);
    sem_init(&over, 0, 0);
    listen_on_loopback();
    if (in("connect")) {
        fill_queue();
        fillers = connecting();
    } else if (pthread_create(&thread, NULL, service, NULL) != 0) {
        check_fatal("pthread_create", NULL);
    }
    for (round = 0; round < rounds && *check_failures() == 0; ++round) {
        double took = run_round(round, fillers);
        worst = took > worst ? took : worst;
    }
    CHECK(worst < limit);
    printf("cancelled in %s: %.2f ms at the most, of %d times\n", state, worst, round);
    shutdown(listener, SHUT_RDWR);
    if (!in("connect"))
        pthread_join(thread, NULL);
    return check_result();
}
