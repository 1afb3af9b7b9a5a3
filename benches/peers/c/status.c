/* The job of benches/job.h by libcurl and yyjson: connections are kept, buffers and the parser's memory are used again.
 * BENCH_GZIP=1 takes compressed answers. One connection is an easy handle, more are a multi handle. */
#include "peer.h"

enum { CHUNK = 1 << 20 };

struct chunk {
    struct chunk *next;
    size_t used;
    char text[CHUNK];
};

struct row {
    const char *number, *id;
    struct entry entry;
};

/* Rows, and their texts in chunks. */
struct table {
    struct row *rows;
    struct chunk *chunks;
};

/* One connection and what it is busy with. */
struct slot {
    struct connection connection;
    size_t first, count;
};

static const char *keep(struct table *table, const char *text, size_t length)
{
    struct chunk *chunk = table->chunks;
    char *kept;
    if (length >= CHUNK) fail("a text is too long");
    if (chunk == NULL || chunk->used + length + 1 > CHUNK) {
        chunk = malloc(sizeof *chunk);
        if (chunk == NULL) fail("no memory");
        chunk->next = table->chunks;
        chunk->used = 0;
        table->chunks = chunk;
    }
    kept = chunk->text + chunk->used;
    memcpy(kept, text, length);
    kept[length] = '\0';
    chunk->used += length + 1;
    return kept;
}

static void table_free(struct table *table)
{
    while (table->chunks != NULL) {
        struct chunk *next = table->chunks->next;
        free(table->chunks);
        table->chunks = next;
    }
    free(table->rows);
}

static void keep_entry(struct table *table, struct row *row, const struct message *message, yyjson_val *entry)
{
    row->entry = read_entry(message, entry);
    row->number = keep(table, message->number, strlen(message->number));
    row->id = keep(table, message->id, strlen(message->id));
    row->entry.text = keep(table, row->entry.text, row->entry.length);
}

static void read_slot(struct table *table, const struct job *job, struct slot *slot)
{
    yyjson_doc *doc = read_answer(&slot->connection);
    yyjson_arr_iter entries = yyjson_arr_iter_with(list_of(doc, slot->count));
    yyjson_val *entry;
    size_t i = slot->first;
    while ((entry = yyjson_arr_iter_next(&entries)) != NULL) {
        keep_entry(table, &table->rows[i], &job->messages[i], entry);
        i++;
    }
    yyjson_doc_free(doc);
}

static void prepare(struct slot *slot, const struct job *job, size_t first)
{
    slot->first = first;
    slot->count = job->count - first < BATCH ? job->count - first : BATCH;
    write_request(&slot->connection, job->key, job->messages + first, slot->count);
}

static void ask_one_by_one(struct table *table, const struct job *job, struct slot *slot)
{
    size_t first;
    for (first = 0; first < job->count; first += BATCH) {
        CURLcode code;
        prepare(slot, job, first);
        code = curl_easy_perform(slot->connection.curl);
        if (code != CURLE_OK) fail(curl_easy_strerror(code));
        read_slot(table, job, slot);
    }
}

static void ask_at_once(struct table *table, const struct job *job, struct slot *slots, CURLM *multi)
{
    size_t next = 0;
    int i, busy = 0, left;
    for (i = 0; i < job->connections && next < job->count; i++, next += BATCH, busy++) {
        prepare(&slots[i], job, next);
        curl_multi_add_handle(multi, slots[i].connection.curl);
    }
    while (busy > 0) {
        CURLMsg *message;
        int running;
        if (curl_multi_perform(multi, &running) != CURLM_OK) fail("curl_multi_perform");
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            struct slot *slot;
            if (message->data.result != CURLE_OK) fail(curl_easy_strerror(message->data.result));
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
            curl_multi_remove_handle(multi, slot->connection.curl);
            busy--;
            read_slot(table, job, slot);
            if (next < job->count) {
                prepare(slot, job, next);
                next += BATCH;
                curl_multi_add_handle(multi, slot->connection.curl);
                running = ++busy;
            }
        }
        if (busy > 0 && running > 0 && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK) fail("curl_multi_poll");
    }
}

static void slot_begin(struct slot *slot, const struct job *job, const char *url, struct curl_slist *headers)
{
    connection_begin(&slot->connection, url, headers, job->ca);
    curl_easy_setopt(slot->connection.curl, CURLOPT_PRIVATE, slot);
    if (getenv("BENCH_GZIP") != NULL) curl_easy_setopt(slot->connection.curl, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void print(const struct table *table, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        const struct row *row = &table->rows[i];
        const struct entry *entry = &row->entry;
        job_row(row->number, row->id, entry->state, entry->dated, entry->date, entry->stop, entry->spam, entry->text);
    }
}

int main(int argc, char **argv)
{
    struct job job;
    struct slot *slots;
    struct curl_slist *headers;
    CURLM *multi = NULL;
    char url[1024];
    int i, round;

    job_begin(&job, argc, argv);
    if (job.rounds == 0) return 0;
    snprintf(url, sizeof url, "%s/multi-status", job.base_url);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    headers = curl_slist_append(NULL, "Content-Type: application/json");
    slots = calloc((size_t)job.connections, sizeof *slots);
    if (job.connections > 1) multi = curl_multi_init();
    if (slots == NULL) fail("no memory");
    for (i = 0; i < job.connections; i++) slot_begin(&slots[i], &job, url, headers);
    for (round = 0; round < job.rounds; round++) {
        struct table table = {NULL, NULL};
        table.rows = malloc((job.count + 1) * sizeof *table.rows);
        if (table.rows == NULL) fail("no memory");
        if (multi != NULL) ask_at_once(&table, &job, slots, multi);
        else ask_one_by_one(&table, &job, slots);
        if (job.table) print(&table, job.count);
        table_free(&table);
    }
    job_end(&job);
    for (i = 0; i < job.connections; i++) connection_end(&slots[i].connection);
    free(slots);
    if (multi != NULL) curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    free(job.messages);
    return 0;
}
