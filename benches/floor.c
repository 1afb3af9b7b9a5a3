/* What no client can do without: the requests of benches/job.h are sent and the answers received, over one connection and
 * without TLS, and a report's memory is written. The requests are there before anything is counted, and nothing is read. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "job.h"

/* A status, and number and id with their NULs. */
enum { STATUS = 64, TEXTS = 20, REQUEST = 64 * 1024, BUFFER = 32 * 1024 };

struct request {
    char *bytes;
    size_t length;
};

static int connected(const char *base_url, const char **path)
{
    struct sockaddr_in address = {0};
    const char *port = strrchr(base_url, ':');
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM, 0);
    *path = port ? strchr(port, '/') : NULL;
    if (*path == NULL || descriptor < 0) return -1;
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return descriptor;
}

static struct request request(const struct job *job, const char *path, size_t start)
{
    static char body[REQUEST];
    struct request request;
    size_t i, end = start + BATCH < job->count ? start + BATCH : job->count;
    int length = sprintf(body, "{\"apiKey\":\"%s\",\"SMSStatut_List\":[", job->key), head;
    for (i = start; i < end; i++)
        length += sprintf(body + length, "%s{\"phoneNumber\":\"%s\",\"messageId\":%s}", i > start ? "," : "",
                          job->messages[i].number, job->messages[i].id);
    length += sprintf(body + length, "]}");
    request.bytes = malloc(REQUEST);
    if (request.bytes == NULL) exit(1);
    head = sprintf(request.bytes, "POST %s/multi-status HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   "Content-Length: %d\r\n\r\n", path, length);
    memcpy(request.bytes + head, body, (size_t)length);
    request.length = (size_t)head + (size_t)length;
    return request;
}

/* Receives an answer; 0 if that fails. */
static int receive(int descriptor)
{
    static char buffer[BUFFER + 1];
    const char *length, *body;
    ssize_t amount = recv(descriptor, buffer, BUFFER, 0);
    long left;
    buffer[amount > 0 ? amount : 0] = 0;
    length = strstr(buffer, "ontent-");
    length = length ? strstr(length, "ength: ") : NULL;
    body = strstr(buffer, "\r\n\r\n");
    if (length == NULL || body == NULL) return 0;
    left = atol(length + sizeof "ength: " - 1) - (amount - (body + 4 - buffer));
    while (left > 0) {
        amount = recv(descriptor, buffer, BUFFER, 0);
        if (amount <= 0) return 0;
        left -= amount;
    }
    return 1;
}

int main(int argc, char **argv)
{
    struct job job;
    struct request *requests;
    const char *path;
    size_t batch, batches;
    int round, descriptor;

    job_begin(&job, argc, argv);
    batches = (job.count + BATCH - 1) / BATCH;
    requests = malloc((batches + 1) * sizeof *requests);
    descriptor = connected(job.base_url, &path);
    if (requests == NULL || descriptor < 0) return 1;
    for (batch = 0; batch < batches; batch++) requests[batch] = request(&job, path, batch * BATCH);
    job_start(&job);
    for (round = 0; round < job.rounds; round++) {
        char *report = malloc(batches * BATCH * (STATUS + TEXTS) + 1);
        if (report == NULL) return 1;
        for (batch = 0; batch < batches; batch++) {
            if (send(descriptor, requests[batch].bytes, requests[batch].length, 0) != (ssize_t)requests[batch].length
                || !receive(descriptor))
                return 1;
            memset(report + batch * BATCH * (STATUS + TEXTS), 1, BATCH * (STATUS + TEXTS));
        }
        __asm__ volatile("" : : "r"(report) : "memory");
        free(report);
    }
    job_end(&job);
    return 0;
}
