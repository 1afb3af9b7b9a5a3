/* What the system says of this process. */
#ifndef PROCESS_H
#define PROCESS_H

#include "check.h"
#include <dirent.h>
#include <time.h>
#include <unistd.h>

/* How many entries a folder of /proc has. */
static inline int process_count(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    if (folder == NULL)
        check_fatal(path, NULL);
    while (readdir(folder) != NULL)
        ++count;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

/* How many threads there are. */
static inline int process_threads(void)
{
    return process_count("/proc/self/task");
}

/* How many descriptors are open. */
static inline int process_descriptors(void)
{
    return process_count("/proc/self/fd") - 1; /* that of the folder */
}

/* Waits until there are so many threads: one that was joined may be listed for a moment longer. The harness ends a
 * program that hangs. */
static inline void process_await_threads(int count)
{
    const struct timespec pause = {0, 1000000};

    while (process_threads() != count)
        nanosleep(&pause, NULL);
}

/* Whether a thread sleeps: it waits for something. */
static inline int process_sleeps(const char *thread)
{
    char path[64], state = '?';
    FILE *stat;

    snprintf(path, sizeof path, "/proc/self/task/%.20s/stat", thread);
    stat = fopen(path, "r");
    /* One that has ended meanwhile does nothing any more. */
    if (stat == NULL)
        return 1;
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        check_fatal(path, NULL);
    fclose(stat);
    return state == 'S';
}

/* Waits until all threads but this one sleep, which they do soon after a call: the last one when it has made itself idle. */
static inline void process_await_sleep(void)
{
    const struct timespec pause = {0, 1000000};
    const struct dirent *entry;
    int awake;

    do {
        DIR *folder = opendir("/proc/self/task");
        if (folder == NULL)
            check_fatal("/proc/self/task", NULL);
        awake = 0;
        while ((entry = readdir(folder)) != NULL)
            if (entry->d_name[0] != '.' && strtol(entry->d_name, NULL, 10) != (long)getpid())
                awake += !process_sleeps(entry->d_name);
        closedir(folder);
        if (awake > 0)
            nanosleep(&pause, NULL);
    } while (awake > 0);
}

/* A field of /proc/self/status in KiB, such as "VmRSS:". */
static inline long process_memory(const char *field)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long size = -1;

    while (status != NULL && size < 0 && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            size = strtol(line + strlen(field), NULL, 10);
    if (size < 0)
        check_fatal(field, NULL);
    fclose(status);
    return size;
}

#endif
