/* generations COUNT KIBIBYTES FILE name=value…
 * A daemon that goes on in a child of its own, COUNT times: each child asks over a connection of its own, and has no
 * descriptor of its parent, and at most KIBIBYTES of memory more. The statuses are those of FILE (expect.h). */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include "process.h"
#include <sys/types.h>
#include <sys/wait.h>

static struct expectations all;
static smsp_client *client;
static int descriptors;

/* From this generation on what a process needs is there. */
#define GROWN 5

static void check_memory(int generation, int count, long most)
{
    static long grown;

    if (generation == GROWN)
        grown = process_memory("VmData:");
    if (generation == count) {
        long each = (process_memory("VmData:") - grown) / (count - GROWN);
        fprintf(stderr, "%ld KiB a generation\n", each);
        CHECK(each <= most);
    }
}

static void ask(uint64_t new_connections)
{
    uint64_t connections = counter(client, "connections");
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    CHECK_INT(counter(client, "connections"), connections + new_connections);
    smsp_report_free(report);
}

static void live(int generation, int count, long most)
{
    pid_t child;
    int status, before;

    ask(1);
    check_memory(generation, count, most);
    CHECK(process_descriptors() > descriptors);
    if (generation == count)
        return;
    before = process_descriptors();
    /* What a thread has in hand at the fork cannot be freed. */
    process_await_sleep();
    child = fork();
    if (child < 0)
        check_fatal("fork", NULL);
    if (child == 0) {
        CHECK_INT(process_descriptors(), descriptors);
        /* The numbers that the parent's have are the host's now. */
        for (; descriptors < before; ++descriptors)
            CHECK(dup(2) >= 0);
        live(generation + 1, count, most);
        smsp_client_free(client);
        CHECK_INT(process_descriptors(), descriptors);
        _exit(check_result());
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    /* The parent's connection is as it was. Only here is it sure to be young. */
    if (generation + 1 == count)
        ask(0);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        check_fatal("usage: generations COUNT KIBIBYTES FILE name=value…", NULL);
    all = expectations_read(argv[3]);
    descriptors = process_descriptors();
    client = client_from(argc, argv, 4);
    live(1, atoi(argv[1]), atol(argv[2]));
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
