/* stopped TIMES MILLISECONDS FILE name=value…
 * The process is stopped (SIGSTOP) again and again in the middle of its calls, for longer than a request may take. Each call
 * ends, answered or by its time limit, and what is answered is right. Afterwards all is as before. */
#define _GNU_SOURCE
#include "expect.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void sleep_for(long milliseconds)
{
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* A process that stops its parent. */
static pid_t stop_me(long times, long milliseconds)
{
    const pid_t whom = getpid();
    const pid_t child = fork();

    if (child != 0)
        return child;
    while (times-- > 0) {
        sleep_for(7 + times % 11);
        kill(whom, SIGSTOP);
        sleep_for(milliseconds);
        kill(whom, SIGCONT);
    }
    _exit(0);
}

/* Each entry has its status, or the code of a time limit. */
static void check(const struct expectations *all, smsp_code code, smsp_report *report)
{
    size_t i, late = 0;

    CHECK_INT(smsp_report_count(report), all->count);
    for (i = 0; i < all->count; ++i)
        if (smsp_report_get(report, i)->code == SMSP_E_TIMEOUT)
            ++late;
        else
            CHECK(expect_same(smsp_report_get(report, i), &all->statuses[i]));
    CHECK_INT(code, late == 0 ? SMSP_OK : late == all->count ? SMSP_E_TIMEOUT : SMSP_PARTIAL);
    smsp_report_free(report);
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    smsp_report *report = NULL;
    smsp_code code;
    pid_t stopper;
    long calls;

    if (argc < 4)
        check_fatal("usage: stopped TIMES MILLISECONDS FILE name=value…", NULL);
    all = expectations_read(argv[3]);
    client = client_from(argc, argv, 4);
    stopper = stop_me(atol(argv[1]), atol(argv[2]));
    for (calls = 0; waitpid(stopper, NULL, WNOHANG) == 0; ++calls) {
        code = smsp_multi_status(client, all.queries, all.count, &report, NULL);

        check(&all, code, report);
    }
    CHECK(calls > 0);
    code = smsp_multi_status(client, all.queries, all.count, &report, NULL);
    CHECK_INT(code, SMSP_OK);
    check(&all, code, report);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
