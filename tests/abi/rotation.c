/* rotation KEY_FILE FILE name=value…
 * Threads ask for FILE (expect.h) over a client that they share, until standard input ends. For each line that comes there a
 * new client is made from KEY_FILE and takes the place of the one in use; "gone" is printed once the old one is freed.
 * Every call is answered in full. */
#define _POSIX_C_SOURCE 200809L
#include "expect.h"
#include <pthread.h>

#define THREADS 8

/* docs/DEPLOYING.md shows what is between the two marks. */
/* -- begin -- */
/* A client, and how many use it: each thread that is asking counts one, and being the current one counts one. */
struct shared {
    smsp_client *client;
    unsigned long users;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct shared *current;

/* The current client. Give it back after the call. */
static struct shared *borrow(void)
{
    struct shared *shared;

    pthread_mutex_lock(&lock);
    shared = current;
    ++shared->users;
    pthread_mutex_unlock(&lock);
    return shared;
}

/* Returns 1 if that was the last use and the client was freed. */
static int give_back(struct shared *shared)
{
    int last;

    pthread_mutex_lock(&lock);
    last = --shared->users == 0;
    pthread_mutex_unlock(&lock);
    if (last) {
        smsp_client_free(shared->client);
        free(shared);
    }
    return last;
}

/* Creates a client, which reads api_key_file again, and replaces the current one. *old is the one that was replaced, or NULL
 * for the first: give it back. On an error the current one stays. */
static smsp_code replace(const smsp_config *config, struct shared **old, smsp_error **error)
{
    struct shared *fresh = malloc(sizeof *fresh);
    smsp_code code = SMSP_E_RESOURCE;

    *old = NULL;
    if (fresh == NULL || (code = smsp_client_new(config, &fresh->client, error)) != SMSP_OK) {
        free(fresh);
        return code;
    }
    fresh->users = 1;
    pthread_mutex_lock(&lock);
    *old = current;
    current = fresh;
    pthread_mutex_unlock(&lock);
    return SMSP_OK;
}
/* -- end -- */

static struct expectations all;
static pthread_mutex_t told = PTHREAD_MUTEX_INITIALIZER;
static int ended;

static struct {
    pthread_t thread;
    size_t calls, wrong;
    smsp_code code;
} workers[THREADS];

static void tell_if(int gone)
{
    pthread_mutex_lock(&told);
    if (gone) {
        puts("gone");
        fflush(stdout);
    }
    pthread_mutex_unlock(&told);
}

static int is_ended(int now)
{
    int is;

    pthread_mutex_lock(&told);
    is = ended |= now;
    pthread_mutex_unlock(&told);
    return is;
}

static void *work(void *context)
{
    size_t number = (size_t)context;

    while (!is_ended(0)) {
        struct shared *shared = borrow();
        smsp_report *report = NULL;
        smsp_code code = smsp_multi_status(shared->client, all.queries, all.count, &report, NULL);

        tell_if(give_back(shared));
        ++workers[number].calls;
        if (code != SMSP_OK)
            workers[number].code = code;
        workers[number].wrong += expectations_differ(&all, report, 0, all.count);
        smsp_report_free(report);
    }
    return NULL;
}

static struct shared *rotate(const smsp_config *config)
{
    struct shared *old;
    smsp_error *error = NULL;

    if (replace(config, &old, &error) != SMSP_OK)
        check_fatal("replace", error);
    return old;
}

int main(int argc, char **argv)
{
    smsp_config *config;
    char line[8];
    size_t i;

    if (argc < 3)
        check_fatal("usage: rotation KEY_FILE FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    config = config_from(argc, argv, 3);
    if (smsp_config_set(config, "api_key_file", argv[1], NULL) != SMSP_OK)
        check_fatal("api_key_file", NULL);
    CHECK(rotate(config) == NULL);
    for (i = 0; i < THREADS; ++i)
        if (pthread_create(&workers[i].thread, NULL, work, (void *)i) != 0)
            check_fatal("pthread_create", NULL);
    while (fgets(line, sizeof line, stdin) != NULL)
        tell_if(give_back(rotate(config)));
    is_ended(1);
    for (i = 0; i < THREADS; ++i) {
        pthread_join(workers[i].thread, NULL);
        CHECK(workers[i].calls > 0);
        CHECK_INT(workers[i].code, SMSP_OK);
        CHECK_INT(workers[i].wrong, 0);
    }
    CHECK(give_back(current));
    smsp_config_free(config);
    expectations_free(&all);
    return check_result();
}
