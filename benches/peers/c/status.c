/* The job of benches/job.h by libcurl and yyjson: connections are kept, buffers and the parser's memory are used again.
 * BENCH_GZIP=1 takes compressed answers. One connection is an easy handle, more are a multi handle. */
#include <curl/curl.h>
#include <yyjson.h>
#include "../../job.h"

enum { CHUNK = 1 << 20 };

struct chunk {
    struct chunk *next;
    size_t used;
    char text[CHUNK];
};

struct row {
    const char *number, *id, *text;
    int64_t date;
    int code, dated;
    int stop, spam;
    const char *state;
};

/* Rows, and their texts in chunks. */
struct table {
    struct row *rows;
    struct chunk *chunks;
};

struct buffer {
    char *bytes;
    size_t length, room;
};

/* One connection and what it is busy with. */
struct slot {
    CURL *curl;
    struct buffer request, answer;
    yyjson_alc *memory;
    size_t first, count;
};

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

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

/* Makes room for so many bytes more, and for the padding that the parser wants. */
static void reserve(struct buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + YYJSON_PADDING_SIZE;
    if (need <= buffer->room) return;
    buffer->room = need * 2;
    buffer->bytes = realloc(buffer->bytes, buffer->room);
    if (buffer->bytes == NULL) fail("no memory");
}

static void put(struct buffer *buffer, const char *text, size_t length)
{
    memcpy(buffer->bytes + buffer->length, text, length);
    buffer->length += length;
}

#define PUT(buffer, literal) put(buffer, literal, sizeof literal - 1)

/* Numbers and ids are plain here: nothing needs an escape. */
static void write_request(struct buffer *buffer, const char *key, const struct message *messages, size_t count)
{
    size_t i;
    buffer->length = 0;
    reserve(buffer, strlen(key) + 64 + count * (2 * TEXT + 40));
    PUT(buffer, "{\"apiKey\":\"");
    put(buffer, key, strlen(key));
    PUT(buffer, "\",\"SMSStatut_List\":[");
    for (i = 0; i < count; i++) {
        if (i > 0) PUT(buffer, ",");
        PUT(buffer, "{\"phoneNumber\":\"");
        put(buffer, messages[i].number, strlen(messages[i].number));
        PUT(buffer, "\",\"messageId\":");
        put(buffer, messages[i].id, strlen(messages[i].id));
        PUT(buffer, "}");
    }
    PUT(buffer, "]}");
}

static size_t receive(char *bytes, size_t size, size_t count, void *to)
{
    struct buffer *buffer = to;
    reserve(buffer, size * count);
    put(buffer, bytes, size * count);
    return size * count;
}

static const char *state_of(const char *text, int code)
{
    if (code == 4) return "not_found";
    if (code != 200) return "rejected";
    if (strcmp(text, "Delivered") == 0) return "delivered";
    if (strcmp(text, "Not delivered") == 0) return "not_delivered";
    if (strcmp(text, "Waiting") == 0) return "waiting";
    if (strcmp(text, "ko") == 0) return "not_sent";
    return "unknown";
}

static int flag(yyjson_val *value)
{
    const char *text = yyjson_get_str(value);
    return text == NULL ? -1 : text[0] == '1';
}

/* Answers come in the order of the questions; that each has the id that was asked is looked at. */
static void read_entry(struct table *table, struct row *row, const struct message *message, yyjson_val *entry)
{
    yyjson_obj_iter fields = yyjson_obj_iter_with(entry);
    yyjson_val *id, *text, *date;
    row->code = yyjson_get_int(yyjson_obj_iter_get(&fields, "code"));
    id = yyjson_obj_iter_get(&fields, "messageId");
    text = yyjson_obj_iter_get(&fields, "status");
    date = yyjson_obj_iter_get(&fields, "date");
    row->stop = flag(yyjson_obj_iter_get(&fields, "stopSms"));
    row->spam = flag(yyjson_obj_iter_get(&fields, "isSpam"));
    if (yyjson_get_uint(id) != strtoull(message->id, NULL, 10)) fail("an answer to another question");
    if (!yyjson_is_str(text)) fail("an answer without a status");
    row->number = keep(table, message->number, strlen(message->number));
    row->id = keep(table, message->id, strlen(message->id));
    row->text = keep(table, yyjson_get_str(text), yyjson_get_len(text));
    row->state = state_of(row->text, row->code);
    row->dated = yyjson_is_str(date);
    row->date = row->dated ? strtoll(yyjson_get_str(date), NULL, 10) : 0;
}

static void read_answer(struct table *table, const struct job *job, struct slot *slot)
{
    struct buffer *answer = &slot->answer;
    yyjson_doc *doc;
    yyjson_val *root, *list, *entry;
    yyjson_arr_iter entries;
    size_t i = slot->first;
    long status = 0;
    curl_easy_getinfo(slot->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) fail("the HTTP status is not 200");
    memset(answer->bytes + answer->length, 0, YYJSON_PADDING_SIZE);
    doc = yyjson_read_opts(answer->bytes, answer->length, YYJSON_READ_INSITU, slot->memory, NULL);
    root = yyjson_doc_get_root(doc);
    list = yyjson_obj_get(root, "StatutResponse_List");
    if (!yyjson_get_bool(yyjson_obj_get(root, "success")) || yyjson_arr_size(list) != slot->count)
        fail("refused, or not an answer");
    entries = yyjson_arr_iter_with(list);
    while ((entry = yyjson_arr_iter_next(&entries)) != NULL) {
        read_entry(table, &table->rows[i], &job->messages[i], entry);
        i++;
    }
    yyjson_doc_free(doc);
}

static void prepare(struct slot *slot, const struct job *job, size_t first)
{
    slot->first = first;
    slot->count = job->count - first < BATCH ? job->count - first : BATCH;
    write_request(&slot->request, job->key, job->messages + first, slot->count);
    slot->answer.length = 0;
    curl_easy_setopt(slot->curl, CURLOPT_POSTFIELDS, slot->request.bytes);
    curl_easy_setopt(slot->curl, CURLOPT_POSTFIELDSIZE, (long)slot->request.length);
}

static void ask_one_by_one(struct table *table, const struct job *job, struct slot *slot)
{
    size_t first;
    for (first = 0; first < job->count; first += BATCH) {
        CURLcode code;
        prepare(slot, job, first);
        code = curl_easy_perform(slot->curl);
        if (code != CURLE_OK) fail(curl_easy_strerror(code));
        read_answer(table, job, slot);
    }
}

static void ask_at_once(struct table *table, const struct job *job, struct slot *slots, CURLM *multi)
{
    size_t next = 0;
    int i, busy = 0, left;
    for (i = 0; i < job->connections && next < job->count; i++, next += BATCH, busy++) {
        prepare(&slots[i], job, next);
        curl_multi_add_handle(multi, slots[i].curl);
    }
    while (busy > 0) {
        CURLMsg *message;
        int running;
        if (curl_multi_perform(multi, &running) != CURLM_OK) fail("curl_multi_perform");
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            struct slot *slot;
            if (message->data.result != CURLE_OK) fail(curl_easy_strerror(message->data.result));
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
            curl_multi_remove_handle(multi, slot->curl);
            busy--;
            read_answer(table, job, slot);
            if (next < job->count) {
                prepare(slot, job, next);
                next += BATCH;
                curl_multi_add_handle(multi, slot->curl);
                running = ++busy;
            }
        }
        if (busy > 0 && running > 0 && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK) fail("curl_multi_poll");
    }
}

static void slot_begin(struct slot *slot, const struct job *job, const char *url, struct curl_slist *headers)
{
    memset(slot, 0, sizeof *slot);
    slot->curl = curl_easy_init();
    slot->memory = yyjson_alc_dyn_new();
    if (slot->curl == NULL || slot->memory == NULL) fail("no memory");
    curl_easy_setopt(slot->curl, CURLOPT_URL, url);
    curl_easy_setopt(slot->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(slot->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(slot->curl, CURLOPT_WRITEDATA, &slot->answer);
    curl_easy_setopt(slot->curl, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(slot->curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(slot->curl, CURLOPT_NOSIGNAL, 1L);
    if (job->ca != NULL) curl_easy_setopt(slot->curl, CURLOPT_CAINFO, job->ca);
    if (getenv("BENCH_GZIP") != NULL) curl_easy_setopt(slot->curl, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void slot_end(struct slot *slot)
{
    curl_easy_cleanup(slot->curl);
    yyjson_alc_dyn_free(slot->memory);
    free(slot->request.bytes);
    free(slot->answer.bytes);
}

static void print(const struct table *table, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        const struct row *row = &table->rows[i];
        job_row(row->number, row->id, row->state, row->dated, row->date, row->stop, row->spam, row->text);
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
    for (i = 0; i < job.connections; i++) slot_end(&slots[i]);
    free(slots);
    if (multi != NULL) curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    free(job.messages);
    return 0;
}
