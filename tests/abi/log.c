/* log FILE name=value…
 * The log from C: a client made before fork() writes in both processes; `stderr` is the host's own, even where nobody
 * reads it any more; and what smsp_client_new refuses. FILE is where the log goes; it is removed first. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const smsp_query query = {"+33612345678", "1"};

static void ask(smsp_client *client)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, &query, 1, &report, &error), &error, SMSP_OK);
    smsp_report_free(report);
}

static smsp_client *logging(int argc, char **argv, const char *level, const char *file)
{
    smsp_config *config = config_from(argc, argv, 2);
    smsp_client *client = NULL;
    smsp_error *error = check_poison();

    CHECK_INT(smsp_config_set(config, "log_level", level, NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "log_file", file, NULL), SMSP_OK);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_config_free(config);
    return client;
}

/* How many lines of the file are calls of this process; all others must be of `other`. */
static int lines_of(const char *path, long process, long other)
{
    FILE *file = fopen(path, "r");
    char line[4097];
    int count = 0;

    if (file == NULL)
        check_fatal(path, NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        char time[32] = "", level[8] = "", event[8] = "";
        long pid = 0;
        CHECK_INT(sscanf(line, "%31s %ld %7s %7s", time, &pid, level, event), 4);
        CHECK(pid == process || pid == other);
        CHECK_STR(level, "info");
        CHECK_STR(event, "call");
        CHECK_CONTAINS(line, " entries=1 answered=1 ");
        count += pid == process;
    }
    fclose(file);
    return count;
}

static void check_fork(int argc, char **argv)
{
    smsp_client *client = logging(argc, argv, "info", argv[1]);
    int status = -1;
    pid_t child;

    ask(client);
    child = fork();
    if (child < 0)
        check_fatal("fork", NULL);
    if (child == 0) {
        ask(client);
        smsp_client_free(client);
        _exit(check_result());
    }
    ask(client);
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    smsp_client_free(client);
    CHECK_INT(lines_of(argv[1], (long)getpid(), (long)child), 2);
    CHECK_INT(lines_of(argv[1], (long)child, (long)getpid()), 1);
}

/* Calls while descriptor 2 is the end of a pipe; a line of the log, or "" where nobody reads it. SIGPIPE has its default
 * disposition, which ends the program. */
static void check_stderr(int argc, char **argv, int is_read)
{
    smsp_client *client = logging(argc, argv, "info", "stderr");
    int before = dup(2), ends[2];
    char line[4097] = "";

    signal(SIGPIPE, SIG_DFL);
    if (before < 0 || pipe(ends) != 0 || dup2(ends[1], 2) != 2)
        check_fatal("pipe", NULL);
    close(ends[1]);
    if (!is_read)
        close(ends[0]);
    ask(client);
    dup2(before, 2);
    close(before);
    if (is_read) {
        CHECK(read(ends[0], line, sizeof line - 1) > 0);
        CHECK_CONTAINS(line, " info call call=1 batches=1 entries=1 answered=1 ");
        CHECK_CONTAINS(line, " code=SMSP_OK\n");
        close(ends[0]);
    }
    smsp_client_free(client);
}

/* Without a descriptor 2 there is no log, and whoever gets that number next is not written to. */
static void check_no_stderr(int argc, char **argv)
{
    smsp_client *client = logging(argc, argv, "trace", "stderr");
    int before = dup(2);

    close(2);
    ask(client);
    dup2(before, 2);
    close(before);
    smsp_client_free(client);
}

static void check_refused(int argc, char **argv)
{
    static const char *const files[] = {"", "/nonexistent/smsp.log", "/"};
    size_t i;

    for (i = 0; i < sizeof files / sizeof *files; ++i) {
        smsp_config *config = config_from(argc, argv, 2);
        smsp_client *client = check_poison();
        smsp_error *error = check_poison();
        CHECK_INT(smsp_config_set(config, "log_level", "error", NULL), SMSP_OK);
        CHECK_INT(smsp_config_set(config, "log_file", files[i], NULL), SMSP_OK);
        CHECK_FAILS(smsp_client_new(config, &client, &error), &error, SMSP_E_CONFIG, "log_file", NULL);
        CHECK(client == NULL);
        CHECK_INT(smsp_config_set(config, "log_level", "off", NULL), SMSP_OK);
        CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
        smsp_client_free(client);
        smsp_config_free(config);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        check_fatal("usage: log FILE name=value…", NULL);
    unlink(argv[1]);
    check_fork(argc, argv);
    check_stderr(argc, argv, 1);
    check_stderr(argc, argv, 0);
    check_no_stderr(argc, argv);
    check_refused(argc, argv);
    return check_result();
}
