/* sigpipe HOST_PORT COUNT name=value…
 * The server stops reading in the middle of each request and closes. SIGPIPE has its default disposition, which would
 * end the process: every entry says that the connection was lost, and the process lives. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID_LENGTH 250

static volatile sig_atomic_t pipes;

static void count_pipe(int signal)
{
    (void)signal;
    ++pipes;
}

/* Stands in front of the system's, for the library too: with a send buffer that is small, most of a request is still
 * to be written when the server closes. */
int socket(int domain, int type, int protocol)
{
    int (*system_socket)(int, int, int);
    const int size = 4096;
    int made;

    *(void **)&system_socket = dlsym(RTLD_NEXT, "socket");
    made = system_socket(domain, type, protocol);
    setsockopt(made, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return made;
}

/* A plain write to this server raises the signal, or the test shows nothing. */
static void check_server(const char *host_port)
{
    static char text[65536];
    struct sockaddr_in address = {0};
    const char *port = strchr(host_port, ':');
    int server = socket(AF_INET, SOCK_STREAM, 0);

    if (port == NULL || server < 0)
        check_fatal(host_port, NULL);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)strtol(port + 1, NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    signal(SIGPIPE, count_pipe);
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0)
        check_fatal("connect", NULL);
    while (write(server, text, sizeof text) > 0)
        ;
    close(server);
    CHECK_INT(pipes, 1);
    signal(SIGPIPE, SIG_DFL);
}

int main(int argc, char **argv)
{
    smsp_client *client;
    smsp_query *queries;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    char *ids;
    size_t i, count;

    if (argc < 3)
        check_fatal("usage: sigpipe HOST_PORT COUNT name=value…", NULL);
    count = (size_t)strtol(argv[2], NULL, 10);
    queries = calloc(count, sizeof *queries);
    ids = malloc(count * (ID_LENGTH + 1));
    if (queries == NULL || ids == NULL)
        check_fatal("no memory for the queries", NULL);
    for (i = 0; i < count; ++i) {
        char *id = ids + i * (ID_LENGTH + 1);
        snprintf(id, ID_LENGTH + 1, "%0*lu", ID_LENGTH, (unsigned long)i + 1);
        queries[i].phone_number = "+33600000001";
        queries[i].message_id = id;
    }
    client = client_from(argc, argv, 3);
    check_server(argv[1]);

    CHECK_CODE(smsp_multi_status(client, queries, count, &report, &error), &error, SMSP_E_CONNECT);
    for (i = 0; i < count; ++i)
        CHECK_INT(smsp_report_get(report, i)->code, SMSP_E_CONNECT);
    CHECK(counter(client, "connections") > 0);
    smsp_report_free(report);
    smsp_client_free(client);
    free(ids);
    free(queries);
    return check_result();
}
