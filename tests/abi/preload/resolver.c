/* Stands before the system's resolver (LD_PRELOAD). Every name has the addresses of RESOLVER, parted by commas; "none"
 * is no such name, "hang" no answer for ever. Each look-up adds a byte to the file RESOLVER_LOG. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_look_up(void)
{
    const char *path = getenv("RESOLVER_LOG");
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND);

    if (file < 0 || write(file, ".", 1) != 1)
        abort();
    close(file);
}

/* An entry of a list; its address lies behind it. */
static struct addrinfo *entry(const char *text, struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info + sizeof(struct sockaddr_in6));
    struct sockaddr_in *v4;
    struct sockaddr_in6 *v6;

    if (info == NULL)
        abort();
    info->ai_socktype = SOCK_STREAM;
    info->ai_addr = (struct sockaddr *)(void *)(info + 1);
    info->ai_next = next;
    v4 = (struct sockaddr_in *)(void *)(info + 1);
    v6 = (struct sockaddr_in6 *)(void *)(info + 1);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        info->ai_addrlen = sizeof *v4;
        info->ai_family = v4->sin_family = AF_INET;
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        info->ai_addrlen = sizeof *v6;
        info->ai_family = v6->sin6_family = AF_INET6;
    } else {
        abort();
    }
    return info;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    char addresses[1024] = "";
    char *comma;

    (void)node;
    (void)service;
    (void)hints;
    note_look_up();
    strncpy(addresses, getenv("RESOLVER"), sizeof addresses - 1);
    while (strcmp(addresses, "hang") == 0)
        pause();
    if (strcmp(addresses, "none") == 0)
        return EAI_NONAME;
    /* From the last to the first. */
    for (*result = NULL; (comma = strrchr(addresses, ',')) != NULL; *comma = '\0')
        *result = entry(comma + 1, *result);
    *result = entry(addresses, *result);
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}
