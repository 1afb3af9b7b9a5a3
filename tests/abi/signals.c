/* signals name=value…
 * While a call of several requests runs, every thread that the library started blocks all signals that can be blocked. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* SIGKILL and SIGSTOP cannot be blocked; glibc keeps 32 and 33 for itself. Bit n-1 is signal n. */
#define CANNOT (1ULL << 8 | 1ULL << 18 | 1ULL << 31 | 1ULL << 32)

static smsp_client *client;
static int done;

static void *ask(void *context)
{
    static const smsp_query queries[] = {{"+33600000001", "1"}, {"+33600000001", "2"}};

    (void)context;
    smsp_multi_status(client, queries, 2, NULL, NULL);
    smsp_report *report = NULL;
    smsp_multi_status(client, queries, 2, &report, NULL);
    smsp_report_free(report);
    __atomic_store_n(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* The blocked signals of a task if it is one of the library's, by its name; 0 if it is another's. */
static unsigned long long blocked(const char *task, int *ours)
{
    char path[300], line[200];
    unsigned long long mask = 0;
    FILE *status;

    *ours = 0;
    snprintf(path, sizeof path, "/proc/self/task/%.20s/status", task);
    status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "Name:\tsmsp-", 11) == 0)
            *ours = 1;
        sscanf(line, "SigBlk: %llx", &mask);
    }
    if (status != NULL)
        fclose(status);
    return mask;
}

/* How many threads of the library there are; each is checked. */
static int look(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int count = 0, ours;

    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        unsigned long long mask = blocked(task->d_name, &ours);
        if (ours) {
            ++count;
            CHECK_INT((~mask & ~CANNOT) & 0x7fffffffffffffffULL, 0);
        }
    }
    if (tasks != NULL)
        closedir(tasks);
    return count;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {0, 1000000};
    pthread_t caller;
    int seen = 0;

    client = client_from(argc, argv, 1);
    if (pthread_create(&caller, NULL, ask, NULL) != 0)
        check_fatal("pthread_create", NULL);
    while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST)) {
        seen += look();
        nanosleep(&pause, NULL);
    }
    pthread_join(caller, NULL);
    CHECK(seen > 0);
    smsp_client_free(client);
    return check_result();
}
