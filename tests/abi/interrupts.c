/* interrupts THREADS FILE name=value…
 * A timer of the host interrupts whatever the system does, a thousand times a second, and its handler has no
 * SA_RESTART. Calls are answered as ever. The threads of the library take no signals; where THREADS is 0 there are none,
 * and the calling thread, which takes them, does the work. */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"
#include <signal.h>
#include <sys/time.h>

#define CALLS 100
#define WINDOW 20

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signal)
{
    (void)signal;
    ++interrupts;
}

static void interrupt_every(suseconds_t microseconds)
{
    struct itimerval timer = {{0, 0}, {0, 0}};

    timer.it_interval.tv_usec = microseconds;
    timer.it_value.tv_usec = microseconds;
    setitimer(ITIMER_REAL, &timer, NULL);
}

int main(int argc, char **argv)
{
    struct sigaction action;
    struct expectations all;
    smsp_client *client;
    size_t i;

    if (argc < 3)
        check_fatal("usage: interrupts THREADS FILE name=value…", NULL);
    threads_left = atoi(argv[1]) == 0 ? 0 : THREADS_WITHOUT_END;
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    memset(&action, 0, sizeof action);
    action.sa_handler = count_interrupt;
    sigaction(SIGALRM, &action, NULL);
    interrupt_every(1000);
    for (i = 0; i < CALLS; ++i) {
        size_t start = i * WINDOW % (all.count - WINDOW);
        smsp_report *report = NULL;
        smsp_error *error = check_poison();
        CHECK_CODE(smsp_multi_status(client, all.queries + start, WINDOW, &report, &error), &error, SMSP_OK);
        CHECK_INT(expectations_differ(&all, report, start, WINDOW), 0);
        smsp_report_free(report);
    }
    interrupt_every(0);
    CHECK(interrupts > CALLS / 2); /* each call waits for longer than the timer */
    CHECK_INT(counter(client, "requests"), CALLS);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
