/* operation FILE name=value…
 * What an operation promises on Windows, for the queries and statuses of FILE (expect.h): a socket to wait for, also by
 * select and WSAPoll, that no child process inherits; and an end as soon as it is cancelled, wherever it waits, or refused.
 * And a queue: a socket that is readable while there is something to take. */
#include <winsock2.h>

#include <windows.h>
#include <ws2tcpip.h>

#include "../expect.h"

/* Ten times the 200 ms that a cancelled operation has. */
#define LIMIT_MS 2000

static struct expectations all;

static smsp_operation *start(smsp_client *client, const smsp_query *queries, size_t count)
{
    smsp_operation *operation = check_poison();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status_start(client, queries, count, &operation, &error), &error, SMSP_OK);
    return operation;
}

/* Whether it is readable within so many milliseconds; both ways say the same. */
static int readable(SOCKET descriptor, int timeout)
{
    WSAPOLLFD polled;
    struct timeval time;
    fd_set set;
    int ready;

    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    time.tv_sec = timeout / 1000;
    time.tv_usec = timeout % 1000 * 1000;
    ready = select(0, &set, NULL, NULL, &time);
    polled.fd = descriptor;
    polled.events = POLLIN;
    CHECK_INT(WSAPoll(&polled, 1, 0), ready);
    return ready;
}

static void check_socket(smsp_client *client)
{
    smsp_operation *operation = start(client, all.queries, all.count);
    SOCKET descriptor = (SOCKET)smsp_operation_fd(operation);
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    DWORD flags = HANDLE_FLAG_INHERIT;

    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_PENDING);
    CHECK_INT((SOCKET)smsp_operation_fd(operation), descriptor);
    CHECK(GetHandleInformation((HANDLE)descriptor, &flags));
    CHECK_INT(flags & HANDLE_FLAG_INHERIT, 0);
    CHECK_INT(readable(descriptor, 0), 0);
    CHECK_INT(readable(descriptor, 60000), 1);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(readable(descriptor, 0), 1);
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_OK);
    CHECK_INT(smsp_report_count(report), all.count);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    CHECK_INT(readable(descriptor, 0), 1);
    smsp_report_free(report);
    smsp_operation_free(operation);

    operation = start(client, all.queries, all.count);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    CHECK_INT(readable((SOCKET)smsp_operation_fd(operation), 0), 1); /* made when it is done */
    smsp_operation_free(operation);
}

static void check_queue(smsp_client *client)
{
    smsp_operation *operation = start(client, all.queries, all.count);
    smsp_queue *queue = smsp_queue_new();
    SOCKET descriptor = (SOCKET)smsp_queue_fd(queue);
    uint64_t tag = 42;
    size_t count = 42;

    CHECK_INT(readable(descriptor, 0), 0);
    CHECK_INT(smsp_operation_notify(operation, queue, 7), SMSP_OK);
    CHECK_INT(readable(descriptor, 60000), 1);
    CHECK_INT(smsp_operation_wait(operation, 0), SMSP_OK);
    CHECK_INT(smsp_queue_wait(queue, -1, &tag, 1, &count), SMSP_OK);
    CHECK(count == 1 && tag == 7);
    CHECK_INT(readable(descriptor, 0), 0);
    CHECK_INT(smsp_queue_wait(queue, 20, &tag, 1, &count), SMSP_PENDING);
    smsp_queue_wake(queue);
    CHECK_INT(readable(descriptor, 0), 1);
    CHECK_INT(smsp_queue_wait(queue, -1, &tag, 1, &count), SMSP_PENDING);
    CHECK_INT(readable(descriptor, 0), 0);
    smsp_queue_free(queue);
    smsp_operation_free(operation);
}

/* A socket that listens, or not, at a port that it has; nobody takes connections from it. */
static SOCKET silent(int listens, unsigned *port)
{
    SOCKET server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address;
    int length = sizeof address;

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (server == INVALID_SOCKET || bind(server, (struct sockaddr *)&address, length) != 0
        || (listens && listen(server, 8) != 0)
        || getsockname(server, (struct sockaddr *)&address, &length) != 0)
        check_fatal("a socket", NULL);
    *port = ntohs(address.sin_port);
    return server;
}

/* A client of that port, which asks again after a long time, so often. */
static smsp_client *client_without_limits(const char *scheme, unsigned port, const char *retries)
{
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_error *error = check_poison();
    char url[64];

    sprintf(url, "%s://127.0.0.1:%u", scheme, port);
    CHECK_INT(smsp_config_set(config, "api_key", "key", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "base_url", url, NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "retry_base_ms", "60000", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "retry_max_ms", "60000", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "max_retries", retries, NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "connect_timeout_ms", "0", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "request_timeout_ms", "0", NULL), SMSP_OK);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_config_free(config);
    return client;
}

/* That nobody listens is told, though no time limit is set. */
static void check_refused(void)
{
    static const smsp_query query = {"+33600000001", "1"};
    unsigned port;
    SOCKET server = silent(0, &port);
    smsp_client *client = client_without_limits("http", port, "0");
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_FAILS(smsp_multi_status(client, &query, 1, &report, &error), &error, SMSP_E_CONNECT, "cannot connect", NULL);
    smsp_report_free(report);
    smsp_client_free(client);
    closesocket(server);
}

static DWORD WINAPI cancel(void *operation)
{
    Sleep(100);
    smsp_operation_cancel(operation);
    return 0;
}

/* Cancelled by another thread while this one waits, and asked for nothing more. */
static void check_cancel(const char *scheme, int listens)
{
    static const smsp_query query = {"+33600000001", "1"};
    unsigned port;
    SOCKET server = silent(listens, &port);
    smsp_client *client = client_without_limits(scheme, port, "100");
    smsp_operation *operation;
    smsp_report *report = NULL;
    smsp_error *error;
    HANDLE thread;
    ULONGLONG begin;

    operation = start(client, &query, 1);
    CHECK_INT(smsp_operation_wait(operation, 500), SMSP_PENDING);
    begin = GetTickCount64();
    thread = CreateThread(NULL, 0, cancel, operation, 0, NULL);
    CHECK(thread != NULL);
    CHECK_INT(smsp_operation_wait(operation, 60000), SMSP_OK);
    CHECK(GetTickCount64() - begin < 100 + LIMIT_MS);
    CHECK_INT(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    error = check_poison();
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, SMSP_E_CANCELLED);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_UNANSWERED), 1);
    CloseHandle(thread);
    smsp_report_free(report);
    smsp_operation_free(operation);
    smsp_client_free(client);
    closesocket(server);
}

int main(int argc, char **argv)
{
    WSADATA data;
    smsp_client *client;

    if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &data) != 0)
        check_fatal("usage: operation FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    check_socket(client);
    check_queue(client);
    smsp_client_free(client);
    check_refused();
    check_cancel("http", 1);  /* in waiting for an answer */
    check_cancel("https", 1); /* in the handshake */
    check_cancel("http", 0);  /* in waiting to ask again */
    expectations_free(&all);
    WSACleanup();
    return check_result();
}
