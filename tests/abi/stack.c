/* stack BYTES FILE name=value…
 * What the library needs of a caller's stack, where it works in the thread that calls, as it does where no thread is to be
 * had: at most BYTES for a client, and its calls. Prints how much it was. The statuses are those of FILE (expect.h). */
#define _GNU_SOURCE
#include "expect.h"
#include "threads_left.h"
#include <signal.h>
#include <time.h>

#define ROOM (1024 * 1024)
#define PAINT 0xA5

static struct expectations all;
static int count;
static char **values;
static unsigned char *stack;

/* From the first byte that is not as it was painted to where the work began. */
static size_t used(const unsigned char *begin)
{
    const unsigned char *end = stack;

    while (end < begin && *end == PAINT)
        ++end;
    return (size_t)(begin - end);
}

/* A handler of the host takes some of the stack, too. */
static void handle(int signal)
{
    volatile unsigned char frame[2048];

    frame[0] = (unsigned char)signal;
    frame[sizeof frame - 1] = frame[0];
}

static int done;

static void interrupt(pthread_t thread)
{
    const struct timespec pause = {0, 100000};

    while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
        pthread_kill(thread, SIGUSR1);
        nanosleep(&pause, NULL);
    }
}

static void *work(void *context)
{
    smsp_config *config = config_from(count, values, 3);
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = check_poison();
    unsigned char here;
    size_t *bytes = context;

    threads_left = 0;
    memset(stack, PAINT, (size_t)(&here - stack) - 1024);
    CHECK_CODE(smsp_config_load_env(config, &error), &error, SMSP_OK);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_config_free(config);
    bytes[0] = used(&here);
    memset(stack, PAINT, (size_t)(&here - stack) - 1024);
    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
    smsp_client_free(client);
    bytes[1] = used(&here);
    __atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t bytes[2] = {0, 0}, most;

    if (argc < 3)
        check_fatal("usage: stack BYTES FILE name=value…", NULL);
    most = (size_t)strtoul(argv[1], NULL, 10);
    all = expectations_read(argv[2]);
    signal(SIGUSR1, handle);
    count = argc;
    values = argv;
    if (posix_memalign((void **)&stack, 4096, ROOM) != 0 || pthread_attr_init(&attributes) != 0
        || pthread_attr_setstack(&attributes, stack, ROOM) != 0
        || pthread_create(&thread, &attributes, work, bytes) != 0)
        check_fatal("a thread with a stack of its own", NULL);
    interrupt(thread);
    pthread_join(thread, NULL);
    printf("%lu bytes of stack for a client, %lu for a call\n", (unsigned long)bytes[0], (unsigned long)bytes[1]);
    CHECK(bytes[0] > 0 && bytes[0] <= most);
    CHECK(bytes[1] > 0 && bytes[1] <= most);
    pthread_attr_destroy(&attributes);
    free(stack);
    expectations_free(&all);
    return check_result();
}
