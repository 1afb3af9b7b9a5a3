/* Counts the threads that a process starts: stands before the C library's pthread_create, linked into a program or by LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int started;

int threads_started(void);

int threads_started(void)
{
    return atomic_load(&started);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    atomic_fetch_add(&started, 1);
    return create(thread, attributes, run, argument);
}
