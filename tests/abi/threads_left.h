/* A program with this says how many threads the system has left to give, and counts those that it has given. Where the library can have none, calls work in the
 * thread that calls. The program defines _GNU_SOURCE before. */
#ifndef THREADS_LEFT_H
#define THREADS_LEFT_H

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>

#define THREADS_WITHOUT_END INT_MAX

static int threads_left = THREADS_WITHOUT_END;
static int threads_started;

/* Stands in front of the system's, for the library too. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *context)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (threads_left != THREADS_WITHOUT_END && __atomic_fetch_sub(&threads_left, 1, __ATOMIC_SEQ_CST) <= 0)
        return EAGAIN;
    __atomic_fetch_add(&threads_started, 1, __ATOMIC_SEQ_CST);
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, start, context);
}

#endif
