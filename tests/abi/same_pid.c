/* same_pid (fork|clone) FILE name=value…
 * A child has the number of its parent, as in a PID namespace of its own: it works all the same, and leaves the parent's
 * operation alone. fork() runs the handlers that a process has for it, the system call alone does not. The statuses are those of
 * FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Stands in front of the system's, for the library too. */
pid_t getpid(void)
{
    return 1;
}

static struct expectations all;
static smsp_client *client;

static void ask(void)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
}

static void check_operation(smsp_operation *operation, int32_t code)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK((smsp_operation_fd(operation) < 0) == (code != SMSP_OK));
    CHECK_CODE(smsp_operation_finish(operation, &report, &error), &error, code);
    CHECK_INT(smsp_report_count(report), all.count);
    smsp_report_free(report);
    smsp_operation_free(operation);
}

/* Asks over a connection of this process, not over that of the parent. */
static void ask_anew(void)
{
    uint64_t before = counter(client, "connections");

    ask();
    CHECK_INT(counter(client, "connections"), before + 1);
}

static void end_child(void)
{
    smsp_client_free(client);
    _exit(check_result());
}

static void check_child(pid_t child)
{
    int status;

    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
}

/* A child, and one of its own. A call that never returns is ended by the alarm. */
static void forks(int generations)
{
    smsp_operation *operation = NULL;
    pid_t child;

    CHECK_INT(smsp_multi_status_start(client, all.queries, all.count, &operation, NULL), SMSP_OK);
    child = fork();
    if (child < 0)
        check_fatal("fork", NULL);
    if (child == 0) {
        alarm(60);
        check_operation(operation, SMSP_E_CANCELLED);
        ask_anew();
        if (generations > 1)
            forks(generations - 1);
        end_child();
    }
    check_operation(operation, SMSP_OK);
    ask();
    check_child(child);
}

/* The library has no thread here that could hold a lock of the C library, which nobody would release in the child. */
static void clones(int generations)
{
    pid_t child;

    threads_left = 0;
    ask_anew();
    child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child < 0)
        check_fatal("clone", NULL);
    if (child == 0) {
        alarm(60);
        if (generations > 1)
            clones(generations - 1);
        else
            ask_anew();
        end_child();
    }
    ask();
    check_child(child);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        check_fatal("usage: same_pid (fork|clone) FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    if (strcmp(argv[1], "fork") == 0)
        forks(2);
    else
        clones(2);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
