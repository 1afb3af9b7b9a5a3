/* Callers that are threads. A program says what a caller has, and how it asks. */
#ifndef BENCHES_CALLERS_H
#define BENCHES_CALLERS_H

#include <pthread.h>
#include "small.h"

/* What one caller has of its own. */
struct caller;

static struct caller *caller_new(const struct small *small, void *shared);
static void caller_ask(struct caller *caller, const struct message *message, struct row *row);
static void caller_free(struct caller *caller);

struct thread {
    struct small *small;
    void *shared;
    pthread_barrier_t *barrier;
    size_t first;
};

static void *caller_run(void *argument)
{
    const struct thread *thread = argument;
    struct small *small = thread->small;
    struct caller *caller = caller_new(small, thread->shared);
    size_t i;
    for (i = 0; i < WARM_UP; i++) caller_ask(caller, &small->messages[thread->first], &small->rows[thread->first]);
    pthread_barrier_wait(thread->barrier);
    pthread_barrier_wait(thread->barrier);
    for (i = thread->first; i < thread->first + small->calls; i++) {
        double begun = wall_seconds();
        caller_ask(caller, &small->messages[i], &small->rows[i]);
        small->times[i] = wall_seconds() - begun;
    }
    pthread_barrier_wait(thread->barrier);
    caller_free(caller);
    return NULL;
}

/* All callers warm up, start together, and are counted until the last is done. */
static void small_run(struct small *small, void *shared)
{
    pthread_barrier_t barrier;
    pthread_t *ids = calloc(small->callers, sizeof *ids);
    struct thread *threads = calloc(small->callers, sizeof *threads);
    size_t i;
    if (ids == NULL || threads == NULL) fail("no memory");
    pthread_barrier_init(&barrier, NULL, (unsigned)small->callers + 1);
    for (i = 0; i < small->callers; i++) {
        struct thread thread = {small, shared, &barrier, i * small->calls};
        threads[i] = thread;
        if (pthread_create(&ids[i], NULL, caller_run, &threads[i]) != 0) fail("no thread");
    }
    pthread_barrier_wait(&barrier);
    small_start(small);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    small_stop(small);
    for (i = 0; i < small->callers; i++) pthread_join(ids[i], NULL);
    pthread_barrier_destroy(&barrier);
    free(ids);
    free(threads);
}

#endif
