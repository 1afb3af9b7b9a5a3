/* guest name=value…
 * The library is a guest in the process: signal handlers, signal mask, environment, locale and directory stay as they
 * were, its descriptors are close-on-exec, and with its last handle its descriptors and threads are gone. */
#define _XOPEN_SOURCE 700
#include "process.h"
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>

#define SIGNALS 65
#define DESCRIPTORS 256

extern char **environ;

static struct house {
    struct sigaction actions[SIGNALS];
    sigset_t mask;
    char locale[256];
    char directory[1024];
    char environment[65536];
    mode_t umask;
    int open[DESCRIPTORS];
} before, after;

static void look(struct house *house)
{
    size_t i, length = 0;
    int number;

    for (number = 1; number < SIGNALS; ++number)
        sigaction(number, NULL, &house->actions[number]);
    sigprocmask(SIG_SETMASK, NULL, &house->mask);
    snprintf(house->locale, sizeof house->locale, "%s", setlocale(LC_ALL, NULL));
    if (getcwd(house->directory, sizeof house->directory) == NULL)
        check_fatal("getcwd", NULL);
    for (i = 0; environ[i] != NULL && length < sizeof house->environment; ++i)
        length += (size_t)snprintf(house->environment + length, sizeof house->environment - length, "%s\n", environ[i]);
    house->umask = umask(0);
    umask(house->umask);
    for (number = 0; number < DESCRIPTORS; ++number)
        house->open[number] = fcntl(number, F_GETFD) != -1;
}

static void compare(void)
{
    int number;

    for (number = 1; number < SIGNALS; ++number) {
        CHECK(before.actions[number].sa_handler == after.actions[number].sa_handler);
        CHECK_INT(before.actions[number].sa_flags, after.actions[number].sa_flags);
        CHECK_INT(sigismember(&before.mask, number), sigismember(&after.mask, number));
    }
    CHECK_STR(after.locale, before.locale);
    CHECK_STR(after.directory, before.directory);
    CHECK_STR(after.environment, before.environment);
    CHECK_INT(after.umask, before.umask);
}

int main(int argc, char **argv)
{
    static const smsp_query queries[] = {{"+33600000001", "1"}, {"+33600000002", "2"}, {"not a number", "3"}};
    smsp_client *client;
    smsp_config *config;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int number, made = 0;

    setlocale(LC_ALL, "");
    look(&before);

    config = smsp_config_new();
    CHECK_INT(smsp_config_load_env(config, NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "batch_size", "0", &error), SMSP_E_CONFIG);
    smsp_config_free(config);
    client = client_from(argc, argv, 1);
    CHECK_INT(smsp_multi_status(client, queries, 3, &report, NULL), SMSP_PARTIAL);
    look(&after);
    compare();
    for (number = 0; number < DESCRIPTORS; ++number) {
        if (after.open[number] && !before.open[number]) {
            CHECK((fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
            ++made;
        }
    }
    CHECK(made > 0); /* the connection, kept for the next call */

    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    process_await_threads(1);
    look(&after);
    compare();
    for (number = 0; number < DESCRIPTORS; ++number)
        CHECK_INT(after.open[number], before.open[number]);
    return check_result();
}
