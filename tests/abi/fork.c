/* fork FILE name=value…
 * A client made and used before fork() works in the children and in the parent, all at the same time; each compares
 * every status of FILE (expect.h). */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 4
#define ROUNDS 10

static void ask(smsp_client *client, const struct expectations *all)
{
    int round;

    for (round = 0; round < ROUNDS; ++round) {
        smsp_report *report = NULL;
        smsp_error *error = check_poison();
        CHECK_CODE(smsp_multi_status(client, all->queries, all->count, &report, &error), &error, SMSP_OK);
        CHECK_INT(expectations_differ(all, report, 0, all->count), 0);
        smsp_report_free(report);
    }
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    pid_t children[CHILDREN];
    int i, status;

    if (argc < 2)
        check_fatal("usage: fork FILE name=value…", NULL);
    all = expectations_read(argv[1]);
    client = client_from(argc, argv, 2);
    ask(client, &all);
    for (i = 0; i < CHILDREN; ++i) {
        children[i] = fork();
        if (children[i] < 0)
            check_fatal("fork", NULL);
        if (children[i] == 0) {
            ask(client, &all);
            smsp_client_free(client);
            /* What threads held that the child has not stays behind: no leak to be looked for. */
            _exit(check_result());
        }
    }
    ask(client, &all);
    for (i = 0; i < CHILDREN; ++i) {
        CHECK_INT(waitpid(children[i], &status, 0), children[i]);
        CHECK_INT(status, 0);
    }
    ask(client, &all);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
