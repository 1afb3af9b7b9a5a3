/* starved BYTES FILE name=value…
 * One allocation of at least BYTES is refused, each of those that a call makes in turn: the call answers
 * SMSP_E_RESOURCE, for all or for some, or does without. Prints how many were refused. */
#define _GNU_SOURCE
#include "expect.h"
#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static size_t threshold;
static long to_refuse; /* 0 is none, 1 the next */
static long refused;

static int is_refused(size_t size)
{
    if (size < threshold || __atomic_load_n(&to_refuse, __ATOMIC_SEQ_CST) <= 0
        || __atomic_sub_fetch(&to_refuse, 1, __ATOMIC_SEQ_CST) != 0)
        return 0;
    __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    errno = ENOMEM;
    return 1;
}

/* These stand in front of the system's, for the library too. */
void *malloc(size_t size)
{
    return is_refused(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused(size) ? NULL : __libc_realloc(memory, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (is_refused(size))
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

/* In a child, since an allocation that cannot fail ends the process: 0 if there was no nth one. */
static int call_without(long nth, const struct expectations *all, smsp_client *client)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int32_t code;
    size_t i;

    *check_failures() = 0; /* the parent's are its own */
    __atomic_store_n(&to_refuse, nth, __ATOMIC_SEQ_CST);
    code = smsp_multi_status(client, all->queries, all->count, &report, &error);
    __atomic_store_n(&to_refuse, 0, __ATOMIC_SEQ_CST);
    if (code != SMSP_OK)
        CHECK_INT(smsp_error_code(error), SMSP_E_RESOURCE);
    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *status = smsp_report_get(report, i);
        CHECK(status->code == SMSP_E_RESOURCE || expect_same(status, &all->statuses[i]));
    }
    CHECK(smsp_report_count(report) == all->count || (code == SMSP_E_RESOURCE && report == NULL));
    if (*check_failures() != 0)
        fprintf(stderr, "  %s: %s\n", smsp_code_name(code), check_shown(smsp_error_message(error)));
    smsp_error_free(error);
    smsp_report_free(report);
    return refused != 0;
}

int main(int argc, char **argv)
{
    struct expectations all;
    smsp_client *client;
    long nth;
    int status = 0, more = 1;

    if (argc < 3)
        check_fatal("usage: starved BYTES FILE name=value…", NULL);
    threshold = (size_t)strtol(argv[1], NULL, 10);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    for (nth = 1; more; ++nth) {
        pid_t child = fork();
        if (child < 0)
            check_fatal("fork", NULL);
        if (child == 0) {
            more = call_without(nth, &all, client);
            _exit(*check_failures() != 0 ? 2 : more);
        }
        CHECK_INT(waitpid(child, &status, 0), child);
        more = status != 0;
        if (more && (!WIFEXITED(status) || WEXITSTATUS(status) != 1)) {
            fprintf(stderr, "without allocation %ld of %lu bytes or more: status %d\n", nth, (unsigned long)threshold,
                    status);
            CHECK_INT(status, 1 << 8);
        }
    }
    printf("%ld\n", nth - 2);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
