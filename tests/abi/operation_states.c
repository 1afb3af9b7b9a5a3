/* operation_states
 * The states of an operation without a network: names are not found, so every batch fails at once. Threads wait for,
 * look at, cancel and finish operations while they start and end. The client is freed first. */
#define _GNU_SOURCE
#include "check.h"
#include <netdb.h>
#include <poll.h>
#include <pthread.h>

#define THREADS 4
#define ROUNDS 10
#define MESSAGES 12

static smsp_operation *operation;
static pthread_barrier_t together;

/* Stands in front of the system's, for the library too. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)name, (void)service, (void)hints, (void)found;
    return EAI_NONAME;
}

static void *work(void *context)
{
    size_t number = (size_t)context, done, total;
    struct pollfd descriptor = {0, POLLIN, 0};
    smsp_report *report = NULL;
    int round;

    for (round = 0; round < ROUNDS; ++round) {
        pthread_barrier_wait(&together);
        if (number == 0 && round % 2 == 1)
            smsp_operation_cancel(operation);
        descriptor.fd = number == 1 ? smsp_operation_fd(operation) : -1;
        if (number == 1)
            poll(&descriptor, 1, -1);
        while (number > 1 && smsp_operation_wait(operation, 1) == SMSP_PENDING)
            smsp_operation_progress(operation, &done, &total);
        smsp_operation_finish(operation, &report, NULL);
        smsp_report_free(report);
        pthread_barrier_wait(&together);
    }
    return NULL;
}

static smsp_client *client_new(void)
{
    char key[] = "api_key=key", url[] = "base_url=http://localhost:1", batch[] = "batch_size=1";
    char retries[] = "max_retries=0", connections[] = "max_connections=2";
    char *options[] = {key, url, batch, retries, connections};

    return client_from(5, options, 0);
}

int main(void)
{
    static char ids[MESSAGES][8];
    pthread_t threads[THREADS];
    smsp_query queries[MESSAGES];
    size_t i, done = 0;
    int round;

    for (i = 0; i < MESSAGES; ++i) {
        snprintf(ids[i], sizeof ids[i], "%lu", (unsigned long)i + 1);
        queries[i].phone_number = i == 3 ? NULL : "+33600000001";
        queries[i].message_id = ids[i];
    }
    pthread_barrier_init(&together, NULL, THREADS + 1);
    for (i = 0; i < THREADS; ++i)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            check_fatal("pthread_create", NULL);
    for (round = 0; round < ROUNDS; ++round) {
        smsp_client *client = client_new();
        CHECK_INT(smsp_multi_status_start(client, queries, MESSAGES, &operation, NULL), SMSP_OK);
        smsp_client_free(client);
        pthread_barrier_wait(&together);
        pthread_barrier_wait(&together);
        CHECK_INT(smsp_operation_progress(operation, &done, NULL), SMSP_OK);
        CHECK_INT(done, MESSAGES);
        smsp_operation_free(operation);
    }
    for (i = 0; i < THREADS; ++i)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    return check_result();
}
