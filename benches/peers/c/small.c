/* One message a call by libcurl and yyjson: each caller keeps an easy handle, and with it a connection. */
#include "peer.h"
#include "../../small/callers.h"

struct caller {
    struct connection connection;
    const char *key;
};

static struct caller *caller_new(const struct small *small, void *shared)
{
    struct caller *caller = malloc(sizeof *caller);
    char url[1024];
    if (caller == NULL) fail("no memory");
    snprintf(url, sizeof url, "%s/multi-status", small->base_url);
    connection_begin(&caller->connection, url, shared, small->ca);
    caller->key = small->key;
    return caller;
}

static void caller_ask(struct caller *caller, const struct message *message, struct row *row)
{
    struct entry entry;
    CURLcode code;
    yyjson_doc *doc;
    write_request(&caller->connection, caller->key, message, 1);
    code = curl_easy_perform(caller->connection.curl);
    if (code != CURLE_OK) fail(curl_easy_strerror(code));
    doc = read_answer(&caller->connection);
    entry = read_entry(message, yyjson_arr_get_first(list_of(doc, 1)));
    row->state = entry.state;
    row->dated = entry.dated;
    row->date = entry.date;
    row->stop = entry.stop;
    row->spam = entry.spam;
    yyjson_doc_free(doc);
}

static void caller_free(struct caller *caller)
{
    connection_end(&caller->connection);
    free(caller);
}

int main(int argc, char **argv)
{
    struct small small;
    struct curl_slist *headers;
    small_begin(&small, argc, argv);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    headers = curl_slist_append(NULL, "Content-Type: application/json");
    small_run(&small, headers);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    small_end(&small);
    return 0;
}
