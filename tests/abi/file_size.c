/* file_size LOG FILE name=value…
 * The log has come to the largest size that a file may have (RLIMIT_FSIZE). Writing more raises SIGXFSZ, which ends a process by
 * default: the library's lines are dropped, and the signal is neither seen nor taken where it is the host's. The statuses are
 * those of FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct expectations all;
static volatile sig_atomic_t raised;

static void count_signal(int signal)
{
    (void)signal;
    ++raised;
}

static int is_pending(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGXFSZ);
}

static void ask(smsp_client *client)
{
    uint64_t dropped = counter(client, "log_lines_dropped");
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    CHECK(counter(client, "log_lines_dropped") > dropped);
    smsp_report_free(report);
}

static void check_client(smsp_client *client, int log)
{
    sigset_t signals;

    /* A write of the host raises it, or the test shows nothing. */
    raised = 0;
    signal(SIGXFSZ, count_signal);
    CHECK(write(log, "x", 1) == -1);
    CHECK_INT(raised, 1);
    ask(client);
    CHECK_INT(raised, 1);
    signal(SIGXFSZ, SIG_DFL);
    ask(client);

    /* One that waited before stays. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGXFSZ);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    ask(client);
    CHECK(!is_pending());
    raise(SIGXFSZ);
    ask(client);
    CHECK(is_pending());
    signal(SIGXFSZ, SIG_IGN);
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    signal(SIGXFSZ, SIG_DFL);
    smsp_client_free(client);
}

int main(int argc, char **argv)
{
    const struct rlimit limit = {1, RLIM_INFINITY};
    smsp_config *config;
    smsp_client *to_file, *to_stderr = NULL;
    int log, shown;

    if (argc < 3)
        check_fatal("usage: file_size LOG FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    log = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || write(log, "x", 1) != 1 || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        check_fatal(argv[1], NULL);
    config = config_from(argc, argv, 3);
    CHECK_INT(smsp_config_set(config, "log_level", "debug", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "log_file", "stderr", NULL), SMSP_OK);
    CHECK_INT(smsp_client_new(config, &to_stderr, NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "log_file", argv[1], NULL), SMSP_OK);
    CHECK_INT(smsp_client_new(config, &to_file, NULL), SMSP_OK);
    smsp_config_free(config);

    check_client(to_file, log);
    shown = dup(2);
    dup2(log, 2);
    check_client(to_stderr, log);
    dup2(shown, 2);
    close(shown);
    close(log);
    expectations_free(&all);
    return check_result();
}
