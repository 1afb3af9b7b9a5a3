/* queue_denied name=value…
 * The system has no memory for a tag, or no descriptor for a queue: that is told at once, nothing is lost, and it works when
 * there is some again. To put a tag and to take it, nothing is needed. */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *memory, size_t size);

#define OPERATIONS 40

static int is_refusing;
static unsigned refused, allocated;

/* Whether this allocation is the one to refuse. */
static int is_refused(void)
{
    __atomic_add_fetch(&allocated, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_exchange_n(&is_refusing, 0, __ATOMIC_SEQ_CST))
        return 0;
    ++refused;
    errno = ENOMEM;
    return 1;
}

/* These stand in front of the system's, for the library too. */
void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(memory, size);
}

static smsp_operation *start(smsp_client *client)
{
    smsp_operation *operation = NULL;

    if (smsp_multi_status_start(client, NULL, 0, &operation, NULL) != SMSP_OK)
        check_fatal("smsp_multi_status_start", NULL);
    return operation;
}

/* Each operation is told that there is no memory, if it takes any, and then given to the queue. */
static void check_memory(smsp_client *client)
{
    smsp_operation *operations[OPERATIONS];
    smsp_queue *queue = smsp_queue_new();
    uint64_t tags[OPERATIONS];
    size_t i, count = 0;
    unsigned before;

    for (i = 0; i < OPERATIONS; ++i) {
        operations[i] = start(client);
        before = refused;
        is_refusing = 1;
        if (smsp_operation_notify(operations[i], queue, i) == SMSP_E_RESOURCE) {
            CHECK_INT(refused, before + 1);
            is_refusing = 1;
            CHECK_INT(smsp_operation_notify(operations[i], queue, i), SMSP_E_RESOURCE);
            is_refusing = 0;
            CHECK_INT(smsp_operation_notify(operations[i], queue, i), SMSP_OK);
        } else {
            CHECK_INT(refused, before);
        }
        is_refusing = 0;
        CHECK_INT(smsp_operation_notify(operations[i], queue, i), SMSP_E_INVALID_ARGUMENT);
    }
    CHECK(refused >= 4); /* two for each time that the room grew */
    before = allocated;
    CHECK_INT(smsp_queue_wait(queue, -1, tags, OPERATIONS, &count), SMSP_OK);
    smsp_queue_wake(queue);
    CHECK_INT(allocated, before);
    CHECK_INT(count, OPERATIONS);
    for (i = 0; i < OPERATIONS; ++i) {
        CHECK(tags[i] == i);
        smsp_operation_free(operations[i]);
    }
    smsp_queue_free(queue);
}

static void check_descriptors(smsp_client *client)
{
    smsp_operation *operation = start(client);
    smsp_queue *queue = smsp_queue_new();
    struct rlimit limit, none;
    uint64_t tag = 42;
    size_t count = 42;

    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    CHECK(smsp_queue_new() == NULL);
    /* The system refuses to wait for more descriptors than there may be. */
    CHECK_INT(smsp_queue_wait(queue, -1, &tag, 1, &count), SMSP_E_RESOURCE);
    CHECK_INT(count, 0);
    CHECK_INT(smsp_operation_notify(operation, queue, 1), SMSP_OK);
    CHECK_INT(smsp_queue_wait(queue, -1, &tag, 1, &count), SMSP_OK);
    CHECK(count == 1 && tag == 1);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_INT(smsp_queue_wait(queue, 1, &tag, 1, &count), SMSP_PENDING);
    smsp_operation_free(operation);
    smsp_queue_free(queue);
}

int main(int argc, char **argv)
{
    smsp_client *client = client_from(argc, argv, 1);

    check_memory(client);
    check_descriptors(client);
    smsp_client_free(client);
    return check_result();
}
