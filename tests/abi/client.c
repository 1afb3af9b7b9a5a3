/* client KEY URL DIRECTORY
 * How a client is made, what it refuses, and its counters. URL is a simulator that takes KEY alone; files are made
 * in DIRECTORY. */
#include "check.h"

static const char *key, *url, *directory;

static const char *const counters[] = {
    "requests",         "retries",         "connections",      "bytes_sent",      "bytes_received",
    "entries_answered", "answers_unmatched", "batches_halved", "calls_ridden", "log_lines_dropped", "latency_us_sum",
    "latency_us_max",   "failures_connect", "failures_tls",     "failures_timeout", "failures_http",   "failures_protocol", "failures_rate_limited",
    "failures_refused",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void set(smsp_config *config, const char *name, const char *value)
{
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_config_set(config, name, value, &error), &error, SMSP_OK);
}

/* A configuration that works, but for what the caller changes. */
static smsp_config *config_good(void)
{
    smsp_config *config = smsp_config_new();

    set(config, "api_key", key);
    set(config, "base_url", url);
    return config;
}

/* Frees the configuration. */
static smsp_client *made(smsp_config *config)
{
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_config_free(config);
    if (client == NULL || client == check_poison())
        check_fatal("no client", NULL);
    return client;
}

/* Frees the configuration. */
static void refused(smsp_config *config, const char *option, const char *or_option)
{
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();

    CHECK_FAILS(smsp_client_new(config, &client, &error), &error, SMSP_E_CONFIG, option, or_option);
    CHECK(client == NULL);
    client = check_poison();
    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_E_CONFIG);
    CHECK(client == NULL);
    smsp_config_free(config);
}

/* Asks for `count` messages and frees the client. */
static void asks(smsp_client *client, size_t count, uint64_t requests)
{
    static const smsp_query queries[] = {
        {"+33600000001", "1"}, {"+33600000002", "2"}, {"+33600000003", "3"}, {"+33600000004", "4"}, {"+33600000005", "5"},
    };
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, queries, count, &report, &error), &error, SMSP_OK);
    CHECK_INT(counter(client, "requests"), requests);
    CHECK_INT(counter(client, "entries_answered"), count);
    smsp_report_free(report);
    smsp_client_free(client);
}

static const char *file_with(const char *name, const char *content)
{
    static char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(content, 1, strlen(content), file) != strlen(content) || fclose(file) != 0)
        check_fatal(path, NULL);
    return path;
}

static void check_key(void)
{
    smsp_config *config = smsp_config_new();
    char content[256], padded[256];

    set(config, "base_url", url);
    refused(config, "api_key", NULL);

    snprintf(padded, sizeof padded, " \t%s\r\n", key);
    config = config_good();
    set(config, "api_key", padded);
    asks(made(config), 1, 1);

    snprintf(content, sizeof content, "%s\r\nanother line\n", key);
    config = smsp_config_new();
    set(config, "base_url", url);
    set(config, "api_key_file", file_with("key", content));
    asks(made(config), 1, 1);

    config = smsp_config_new();
    set(config, "api_key_file", file_with("key-without-newline", key));
    set(config, "base_url", url);
    asks(made(config), 1, 1);

    config = smsp_config_new();
    set(config, "api_key_file", file_with("key-empty", ""));
    refused(config, "api_key_file", NULL);

    config = smsp_config_new();
    set(config, "api_key_file", file_with("key-control", "hid\001den\n"));
    refused(config, "api_key_file", NULL);

    config = smsp_config_new();
    set(config, "api_key_file", "/nonexistent/key");
    refused(config, "api_key_file", NULL);
}

static void check_plain_http(void)
{
    static const char *const loopback[] = {"http://127.0.0.1:9", "http://127.1.2.3:9", "http://[::1]:9", "http://localhost:9"};
    static const char *const other[] = {"http://192.0.2.1/v1", "http://[2001:db8::1]:8080/v1", "http://0.0.0.0:9"};
    smsp_config *config;
    size_t i;

    for (i = 0; i < COUNT(loopback); ++i) {
        config = config_good();
        set(config, "base_url", loopback[i]);
        smsp_client_free(made(config));
    }
    for (i = 0; i < COUNT(other); ++i) {
        config = config_good();
        set(config, "base_url", other[i]);
        refused(config, "allow_http", "base_url");
        config = config_good();
        set(config, "base_url", other[i]);
        set(config, "allow_http", "true");
        smsp_client_free(made(config));
    }
}

/* A list of trusted certificates that cannot be had is refused, when it is set or when it is read. */
static void check_ca_file(const char *value)
{
    smsp_config *config = config_good();
    smsp_client *client = NULL;
    smsp_error *error = NULL;

    set(config, "base_url", "https://127.0.0.1:9");
    if (smsp_config_set(config, "ca_file", value, &error) == SMSP_OK)
        CHECK_INT(smsp_client_new(config, &client, &error), SMSP_E_CONFIG);
    CHECK_INT(smsp_error_code(error), SMSP_E_CONFIG);
    CHECK_CONTAINS(smsp_error_message(error), "ca_file");
    CHECK(client == NULL);
    smsp_error_free(error);
    smsp_config_free(config);
}

/* The client has a copy of the configuration, which may change or go. */
static void check_copy(void)
{
    smsp_config *config = config_good();
    smsp_client *client = NULL;

    set(config, "batch_size", "2");
    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_OK);
    set(config, "batch_size", "1");
    set(config, "base_url", "http://127.0.0.1:9");
    smsp_config_free(config);
    asks(client, 5, 3);
}

static void check_trailing_slash(void)
{
    smsp_config *config = config_good();
    char slashed[256];

    snprintf(slashed, sizeof slashed, "%s/", url);
    set(config, "base_url", slashed);
    asks(made(config), 1, 1);
}

static void check_counter_names(const smsp_client *client)
{
    const char *name;
    size_t index, found;

    for (index = 0; (name = smsp_stat_name(index)) != NULL; ++index) {
        for (found = 0; found < COUNT(counters) && strcmp(counters[found], name) != 0; ++found)
            ;
        if (found == COUNT(counters))
            CHECK_STR(name, "a counter of this test");
        for (found = 0; found < index; ++found)
            CHECK(strcmp(smsp_stat_name(found), name) != 0);
        CHECK_INT(counter(client, name), 0);
    }
    CHECK_INT(index, COUNT(counters));
    CHECK_STR(smsp_stat_name(SIZE_MAX), NULL);
}

static void check_counters(void)
{
    static const smsp_query queries[] = {{"+33600000001", "1"}, {"+33600000002", "2"}, {"not a number", "3"}};
    smsp_client *client = made(config_good());
    smsp_client *idle = made(config_good());
    smsp_report *report = NULL;
    uint64_t value = 42, sent, received;
    int round;

    check_counter_names(client);
    CHECK_INT(smsp_client_stat(client, "colour", &value), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_stat(client, "", &value), SMSP_E_INVALID_ARGUMENT);
    CHECK_INT(smsp_client_stat(client, "\xff", &value), SMSP_E_INVALID_ARGUMENT);

    for (round = 1, sent = received = 0; round <= 2; ++round) {
        CHECK_INT(smsp_multi_status(client, queries, 3, &report, NULL), SMSP_PARTIAL);
        smsp_report_free(report);
        CHECK_INT(counter(client, "requests"), round);
        CHECK_INT(counter(client, "entries_answered"), 2 * round);
        CHECK_INT(counter(client, "connections"), 1);
        CHECK(counter(client, "bytes_sent") > sent);
        CHECK(counter(client, "bytes_received") > received);
        sent = counter(client, "bytes_sent");
        received = counter(client, "bytes_received");
    }
    CHECK(counter(client, "latency_us_max") > 0);
    CHECK(counter(client, "latency_us_sum") >= counter(client, "latency_us_max"));
    CHECK_INT(counter(client, "retries"), 0);
    CHECK_INT(counter(client, "answers_unmatched"), 0);
    CHECK_INT(counter(client, "failures_connect"), 0);
    CHECK_INT(counter(client, "failures_tls"), 0);
    CHECK_INT(counter(client, "failures_timeout"), 0);
    CHECK_INT(counter(client, "failures_http"), 0);
    CHECK_INT(counter(client, "failures_protocol"), 0);
    CHECK_INT(counter(client, "failures_rate_limited"), 0);
    CHECK_INT(counter(client, "failures_refused"), 0);
    CHECK_INT(counter(idle, "requests"), 0);
    CHECK_INT(counter(idle, "bytes_sent"), 0);
    smsp_client_free(idle);
    smsp_client_free(client);
}

static void check_cycles(void)
{
    int i;

    for (i = 0; i < 20; ++i)
        asks(made(config_good()), 1, 1);
    for (i = 0; i < 20; ++i)
        smsp_client_free(made(config_good()));
}

int main(int argc, char **argv)
{
    if (argc != 4)
        check_fatal("usage: client KEY URL DIRECTORY", NULL);
    key = argv[1];
    url = argv[2];
    directory = argv[3];
    check_key();
    check_plain_http();
    check_ca_file("/nonexistent/ca.pem");
    check_ca_file("bundled,/nonexistent/ca.pem");
    check_ca_file(file_with("no-certificate.pem", "nothing of use\n"));
    check_copy();
    check_trailing_slash();
    check_counters();
    check_cycles();
    return check_result();
}
