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
