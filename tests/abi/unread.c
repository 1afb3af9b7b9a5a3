/* unread name=value…
 * The log goes to a standard error that nobody reads: a pipe, sockets, a terminal, each also where it cannot be opened
 * anew. No call waits for it, what is dropped is counted, no two lines run into one, and the flags of the descriptor stay as
 * they are. A file takes all, where the host's own position is. */
#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Calls until this many lines are dropped; a terminal takes some 70 KB before. */
#define DROPPED 5
#define MOST_CALLS 20000

/* The promise is 250 ms over a limit and 200 ms after a cancel; the machine may be busy. */
#define LIMIT_MS 250
#define ALLOWED_MS 750

static const smsp_query query = {"+33612345678", "1"};
static int may_open_anew = 1;

/* Stand in front of the system's, for the library too. */
int open64(const char *path, int flags, ...)
{
    if (!may_open_anew && strncmp(path, "/proc/self/fd/", 14) == 0) {
        errno = EACCES;
        return -1;
    }
    return openat(AT_FDCWD, path, flags, 0600);
}

int open(const char *path, int flags, ...)
{
    return open64(path, flags);
}

static int must(const char *what, int result)
{
    if (result < 0)
        check_fatal(what, NULL);
    return result;
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long long dropped(smsp_client *client)
{
    uint64_t value = 0;

    CHECK_INT(smsp_client_stat(client, "log_lines_dropped", &value), SMSP_OK);
    return (long long)value;
}

static smsp_client *logging(int argc, char **argv, const char *base_url)
{
    smsp_config *config = config_from(argc, argv, 1);
    smsp_client *client = NULL;
    smsp_error *error = check_poison();

    CHECK_INT(smsp_config_set(config, "log_level", "info", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "log_file", "stderr", NULL), SMSP_OK);
    if (base_url != NULL) {
        CHECK_INT(smsp_config_set(config, "base_url", base_url, NULL), SMSP_OK);
        CHECK_INT(smsp_config_set(config, "total_timeout_ms", "250", NULL), SMSP_OK);
    }
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_config_free(config);
    return client;
}

static void ask(smsp_client *client)
{
    smsp_report *report = NULL;

    CHECK_INT(smsp_multi_status(client, &query, 1, &report, NULL), SMSP_OK);
    smsp_report_free(report);
}

/* Descriptor 2 is this one from now on; the one before. */
static int swap_stderr(int writing)
{
    int before = must("dup", dup(2));

    must("dup2", dup2(writing, 2));
    return before;
}

static void put_stderr_back(int before)
{
    must("dup2", dup2(before, 2));
    close(before);
}

/* Against a server that takes connections and says nothing, while no line can be written. */
static void check_times(int argc, char **argv)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int listener = must("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    char url[64];
    smsp_client *client;
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    long start;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must("bind", bind(listener, (struct sockaddr *)&address, sizeof address));
    must("listen", listen(listener, 16));
    must("getsockname", getsockname(listener, (struct sockaddr *)&address, &length));
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    client = logging(argc, argv, url);

    start = now_ms();
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, NULL), SMSP_E_TIMEOUT);
    CHECK(now_ms() - start < LIMIT_MS + ALLOWED_MS);
    smsp_report_free(report);
    CHECK(dropped(client) > 0);

    CHECK_INT(smsp_multi_status_start(client, &query, 1, &operation, NULL), SMSP_OK);
    start = now_ms();
    smsp_operation_cancel(operation);
    CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
    smsp_operation_free(operation);
    smsp_client_free(client);
    CHECK(now_ms() - start < ALLOWED_MS);
    close(listener);
}

/* Reads what is there: whole lines, and such as lack their end but stand alone. How many are whole. */
static long long whole_lines(int reading)
{
    static char text[1 << 22];
    size_t length = 0;
    ssize_t amount;
    char *line, *rest = text;
    long long whole = 0;

    must("fcntl", fcntl(reading, F_SETFL, O_NONBLOCK));
    while ((amount = read(reading, text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)amount;
    text[length] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *call = strstr(line, " info call call="), *joined;
        if (call == NULL)
            continue;
        CHECK(strncmp(line, "20", 2) == 0 && strstr(call + 1, " call=") == strstr(call, " call="));
        /* Behind a line that was cut only the other client may write, which knows nothing of it. */
        joined = strstr(call + 16, "call=");
        CHECK(joined == NULL || strstr(joined, " code=SMSP_OK") == NULL);
        whole += strstr(line, " code=SMSP_OK") != NULL;
    }
    return whole;
}

/* Takes both ends. */
static void check_unread(int argc, char **argv, int writing, int reading)
{
    smsp_client *client = logging(argc, argv, NULL);
    int flags = must("fcntl", fcntl(writing, F_GETFL)), before = swap_stderr(writing);
    long long calls = 0, whole;
    int after;

    while (calls < MOST_CALLS && dropped(client) < DROPPED) {
        ask(client);
        ++calls;
    }
    after = fcntl(2, F_GETFL);
    put_stderr_back(before);
    CHECK_INT(after, flags);
    CHECK_INT(dropped(client), DROPPED);

    before = swap_stderr(writing);
    check_times(argc, argv);
    put_stderr_back(before);

    whole = whole_lines(reading);
    before = swap_stderr(writing);
    ask(client);
    ++calls;
    put_stderr_back(before);
    whole += whole_lines(reading);
    CHECK_INT(dropped(client), DROPPED);
    CHECK_INT(whole + DROPPED, calls);
    smsp_client_free(client);
    close(writing);
    close(reading);
}

static void check_pipe(int argc, char **argv)
{
    int ends[2];

    must("pipe", pipe(ends));
    check_unread(argc, argv, ends[1], ends[0]);
}

static void check_socket(int argc, char **argv, int kind)
{
    int ends[2], size = 1;

    must("socketpair", socketpair(AF_UNIX, kind, 0, ends));
    must("setsockopt", setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
    check_unread(argc, argv, ends[1], ends[0]);
}

static void check_terminal(int argc, char **argv)
{
    int master = must("posix_openpt", posix_openpt(O_RDWR | O_NOCTTY));

    must("grantpt", grantpt(master));
    must("unlockpt", unlockpt(master));
    check_unread(argc, argv, must("open", open(ptsname(master), O_RDWR | O_NOCTTY)), master);
}

/* Lines go where the host's own text ends, although the file is not open for appending. */
static void check_file(int argc, char **argv)
{
    smsp_client *client = logging(argc, argv, NULL);
    FILE *file = tmpfile();
    int before, i;

    if (file == NULL)
        check_fatal("tmpfile", NULL);
    before = swap_stderr(fileno(file));
    for (i = 0; i < 3; ++i) {
        ask(client);
        CHECK_INT(write(2, "the host's\n", 11), 11);
    }
    put_stderr_back(before);
    rewind(file);
    CHECK_INT(whole_lines(fileno(file)), 3);
    CHECK_INT(dropped(client), 0);
    smsp_client_free(client);
    fclose(file);
}

int main(int argc, char **argv)
{
    for (may_open_anew = 1; may_open_anew >= 0; --may_open_anew) {
        check_pipe(argc, argv);
        check_socket(argc, argv, SOCK_STREAM);
        check_socket(argc, argv, SOCK_DGRAM);
    }
    may_open_anew = 1;
    check_terminal(argc, argv);
    check_file(argc, argv);
    return check_result();
}
