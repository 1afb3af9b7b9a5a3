/* What the programs that ask by libcurl and yyjson have in common. Buffers and the parser's memory are used again. */
#ifndef BENCHES_PEER_H
#define BENCHES_PEER_H

#include <curl/curl.h>
#include <yyjson.h>
#include "../../job.h"

struct buffer {
    char *bytes;
    size_t length, room;
};

struct connection {
    CURL *curl;
    struct buffer request, answer;
    yyjson_alc *memory;
};

/* What the service says of one message; the text lies in the answer. */
struct entry {
    const char *text, *state;
    size_t length;
    int64_t date;
    int dated, stop, spam;
};

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
static void write_request(struct connection *connection, const char *key, const struct message *messages, size_t count)
{
    struct buffer *buffer = &connection->request;
    size_t i;
    buffer->length = connection->answer.length = 0;
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
    curl_easy_setopt(connection->curl, CURLOPT_POSTFIELDS, buffer->bytes);
    curl_easy_setopt(connection->curl, CURLOPT_POSTFIELDSIZE, (long)buffer->length);
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

static void connection_begin(struct connection *connection, const char *url, struct curl_slist *headers, const char *ca)
{
    memset(connection, 0, sizeof *connection);
    connection->curl = curl_easy_init();
    connection->memory = yyjson_alc_dyn_new();
    if (connection->curl == NULL || connection->memory == NULL) fail("no memory");
    curl_easy_setopt(connection->curl, CURLOPT_URL, url);
    curl_easy_setopt(connection->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(connection->curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(connection->curl, CURLOPT_WRITEDATA, &connection->answer);
    curl_easy_setopt(connection->curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(connection->curl, CURLOPT_NOSIGNAL, 1L);
    if (ca != NULL) curl_easy_setopt(connection->curl, CURLOPT_CAINFO, ca);
}

static void connection_end(struct connection *connection)
{
    curl_easy_cleanup(connection->curl);
    yyjson_alc_dyn_free(connection->memory);
    free(connection->request.bytes);
    free(connection->answer.bytes);
}

/* What came over the connection; to be freed. */
static yyjson_doc *read_answer(struct connection *connection)
{
    struct buffer *answer = &connection->answer;
    long status = 0;
    curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) fail("the HTTP status is not 200");
    memset(answer->bytes + answer->length, 0, YYJSON_PADDING_SIZE);
    return yyjson_read_opts(answer->bytes, answer->length, YYJSON_READ_INSITU, connection->memory, NULL);
}

static yyjson_val *list_of(yyjson_doc *doc, size_t count)
{
    yyjson_val *root = yyjson_doc_get_root(doc), *list = yyjson_obj_get(root, "StatutResponse_List");
    if (!yyjson_get_bool(yyjson_obj_get(root, "success")) || yyjson_arr_size(list) != count)
        fail("refused, or not an answer");
    return list;
}

/* Answers come in the order of the questions; that each has the id that was asked is looked at. */
static struct entry read_entry(const struct message *message, yyjson_val *value)
{
    yyjson_obj_iter fields = yyjson_obj_iter_with(value);
    yyjson_val *id, *text, *date;
    struct entry entry;
    int code = yyjson_get_int(yyjson_obj_iter_get(&fields, "code"));
    id = yyjson_obj_iter_get(&fields, "messageId");
    text = yyjson_obj_iter_get(&fields, "status");
    date = yyjson_obj_iter_get(&fields, "date");
    entry.stop = flag(yyjson_obj_iter_get(&fields, "stopSms"));
    entry.spam = flag(yyjson_obj_iter_get(&fields, "isSpam"));
    if (yyjson_get_uint(id) != strtoull(message->id, NULL, 10)) fail("an answer to another question");
    if (!yyjson_is_str(text)) fail("an answer without a status");
    entry.text = yyjson_get_str(text);
    entry.length = yyjson_get_len(text);
    entry.state = state_of(entry.text, code);
    entry.dated = yyjson_is_str(date);
    entry.date = entry.dated ? strtoll(yyjson_get_str(date), NULL, 10) : 0;
    return entry;
}

#endif
