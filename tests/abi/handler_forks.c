/* handler_forks FORKS LATENCY_MS FILE name=value…
 * A signal handler of the host interrupts a call and forks, at any moment from its begin to its end. In the parent the call goes
 * on. In the child it ends CANCELLED and uses no descriptor of the parent: their numbers are given to files there, which stay
 * open and empty. The child can ask again. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#define FILES 64
#define WAS_CANCELLED 3

static struct expectations all;
static smsp_client *client;
static volatile sig_atomic_t forked;
static int files[FILES];
static pid_t child;

static void fork_here(int signal)
{
    int i;

    (void)signal;
    if (forked)
        return;
    forked = 1;
    child = fork();
    for (i = 0; child == 0 && i < FILES; ++i)
        files[i] = open("/tmp", O_TMPFILE | O_RDWR, 0600);
}

static void fork_after(long microseconds)
{
    struct itimerval timer = {{0, 0}, {0, 0}};

    forked = 0;
    child = -1;
    timer.it_value.tv_sec = microseconds / 1000000;
    timer.it_value.tv_usec = microseconds % 1000000 + 1;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void check_ok(smsp_code code, smsp_report *report, smsp_error **error)
{
    CHECK_CODE(code, error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
}

static void end_as_child(smsp_code code, smsp_report *report, smsp_error **error)
{
    struct stat file;
    size_t i;

    /* Answered is only what was forked before the call had begun. */
    if (code == SMSP_OK) {
        check_ok(code, report, error);
        _exit(check_result());
    }
    CHECK_FAILS(code, error, SMSP_E_CANCELLED, "cancelled", NULL);
    CHECK_INT(smsp_report_count(report), all.count);
    for (i = 0; i < all.count; ++i)
        CHECK_INT(smsp_report_get(report, i)->code, SMSP_E_CANCELLED);
    smsp_report_free(report);
    for (i = 0; i < FILES; ++i) {
        CHECK_INT(fstat(files[i], &file), 0);
        CHECK_INT(file.st_size, 0);
        close(files[i]);
    }
    code = smsp_multi_status(client, all.queries, all.count, &report, error);
    check_ok(code, report, error);
    smsp_client_free(client);
    /* Not through exit handlers: those of a sanitizer would miss the threads that the child has not. */
    _exit(check_result() == 0 ? WAS_CANCELLED : 1);
}

int main(int argc, char **argv)
{
    struct sigaction action;
    long i, forks, microseconds;
    int cancelled = 0, status;

    if (argc < 4)
        check_fatal("usage: handler_forks FORKS LATENCY_MS FILE name=value…", NULL);
    forks = atol(argv[1]);
    microseconds = 1000 * atol(argv[2]);
    all = expectations_read(argv[3]);
    client = client_from(argc, argv, 4);
    memset(&action, 0, sizeof action);
    action.sa_handler = fork_here;
    sigaction(SIGALRM, &action, NULL);
    for (i = 0; i < forks; ++i) {
        smsp_report *report = NULL;
        smsp_error *error = check_poison();
        smsp_code code;

        fork_after(i * microseconds / forks);
        code = smsp_multi_status(client, all.queries, all.count, &report, &error);
        if (child == 0)
            end_as_child(code, report, &error);
        check_ok(code, report, &error);
        while (!forked)
            pause();
        if (child == 0)
            _exit(0); /* the call had ended before */
        CHECK_INT(waitpid(child, &status, 0), child);
        cancelled += WEXITSTATUS(status) == WAS_CANCELLED;
        CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == WAS_CANCELLED));
    }
    CHECK(cancelled > forks / 2);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
