/* Every option: its default, values it takes and how they read back, values it refuses. */
#include "check.h"

#define LIBRARY "libsmsp/" SMSP_VERSION

/* What reads back is the value itself unless `reads` says otherwise. */
struct value {
    const char *text;
    const char *reads;
};

static const struct option {
    const char *name;
    const char *initial;
    struct value good[6];
    const char *bad[8];
} options[] = {
    {"api_key", NULL, {{"abc123", "***"}, {" \t\n abc123 \r\n", "***"}}, {"hid\001den", "hid\nden", "hid\177den"}},
    {"api_key_file", NULL, {{"/run/secrets/key", NULL}}, {NULL}},
    {"base_url", "https://api.smspartner.fr/v1",
     {{"http://127.0.0.1:8080", NULL}, {"https://[::1]:8443/v1", NULL}, {"https://example.org/v1/", "https://example.org/v1"}},
     {"ftp://example.org", "example.org", "https://", "https://user:hidden@example.org", "https://example.org/?a=b",
      "https://example.org/#part", "https://example.org:99999"}},
    {"format", "json", {{"xml", NULL}, {"json", NULL}}, {"yaml", "json,xml"}},
    {"method", "post", {{"get", NULL}, {"post", NULL}}, {"put"}},
    {"batch_size", "500", {{"1", NULL}, {"499", NULL}, {"500", NULL}},
     {"0", "501", "-1", "many", "1.5", "10x", "99999999999999999999999"}},
    {"max_connections", "4", {{"1", NULL}, {"64", NULL}}, {"0", "65", "-1", "few"}},
    {"connect_timeout_ms", "5000", {{"0", NULL}, {"1", NULL}, {"60000", NULL}}, {"-1", "5s", "0.5"}},
    {"request_timeout_ms", "10000", {{"0", NULL}, {"1", NULL}, {"60000", NULL}}, {"-1", "5s", "0.5"}},
    {"total_timeout_ms", "0", {{"0", NULL}, {"1", NULL}, {"60000", NULL}}, {"-1", "5s", "0.5"}},
    {"max_retries", "3", {{"0", NULL}, {"1", NULL}}, {"-1", "some", "0.5"}},
    {"retry_base_ms", "200", {{"1", NULL}, {"1000", NULL}}, {"-1", "1s", "0.5"}},
    {"retry_max_ms", "20000", {{"1", NULL}, {"60000", NULL}}, {"-1", "1s", "0.5"}},
    {"retry_after_max_ms", "60000", {{"0", NULL}, {"1000", NULL}}, {"-1", "1s", "0.5"}},
    {"requests_per_second", "0", {{"0.2", NULL}, {"10", NULL}, {"0", NULL}}, {"-1", "fast", "nan", "inf", "1e999"}},
    {"max_response_bytes", "16777216", {{"1024", NULL}, {"1048576", NULL}}, {"-1", "1MB", "0.5"}},
    {"proxy", NULL, {{"http://127.0.0.1:3128", NULL}, {"socks5://127.0.0.1:1080", NULL}},
     {"ftp://127.0.0.1:21", "http://"}},
    {"ca_file", "bundled", {{"system", NULL}, {"bundled,system", NULL}, {"bundled", NULL}}, {NULL}},
    {"user_agent", LIBRARY, {{"shop/1.0", NULL}}, {"shop/1.0\r\nX-Injected: 1", "shop\001"}},
    {"allow_http", "false", {{"true", "true"}, {"false", "false"}, {"1", "true"}, {"0", "false"}}, {"yes", "2", "maybe"}},
    {"log_level", "off",
     {{"error", NULL}, {"warn", NULL}, {"info", NULL}, {"debug", NULL}, {"trace", NULL}, {"off", NULL}}, {"loud", "9"}},
    {"log_file", NULL, {{"stderr", NULL}, {"/var/log/smsp.log", NULL}}, {NULL}},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct option *find(const char *name)
{
    size_t i;

    for (i = 0; i < COUNT(options); ++i)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

static void check_names(void)
{
    size_t index, other;
    const char *name;

    for (index = 0; (name = smsp_option_name(index)) != NULL; ++index) {
        if (find(name) == NULL)
            CHECK_STR(name, "an option of this test");
        for (other = 0; other < index; ++other)
            CHECK(strcmp(smsp_option_name(other), name) != 0);
    }
    CHECK_INT(index, COUNT(options));
    CHECK_STR(smsp_option_name(index + 1), NULL);
    CHECK_STR(smsp_option_name(SIZE_MAX), NULL);
}

static void check_option(const struct option *option)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();
    size_t i;
    char kept[256] = "";

    CHECK_STR(smsp_config_get(config, option->name), option->initial);
    for (i = 0; i < COUNT(option->good) && option->good[i].text != NULL; ++i) {
        const struct value *good = &option->good[i];
        CHECK_CODE(smsp_config_set(config, option->name, good->text, &error), &error, SMSP_OK);
        CHECK_STR(smsp_config_get(config, option->name), good->reads == NULL ? good->text : good->reads);
        snprintf(kept, sizeof kept, "%s", check_shown(smsp_config_get(config, option->name)));
    }
    for (i = 0; i < COUNT(option->bad) && option->bad[i] != NULL; ++i) {
        int32_t code = smsp_config_set(config, option->name, option->bad[i], &error);
        if (error != NULL && error != check_poison())
            CHECK_LACKS(smsp_error_message(error), "hid");
        if (code != SMSP_E_CONFIG)
            fprintf(stderr, "%s = \"%s\":\n", option->name, option->bad[i]);
        CHECK_FAILS(code, &error, SMSP_E_CONFIG, option->name, NULL);
        CHECK_STR(smsp_config_get(config, option->name), kept);
        CHECK_INT(smsp_config_set(config, option->name, option->bad[i], NULL), SMSP_E_CONFIG);
    }
    smsp_config_free(config);
}

/* An option that does not exist, and values that are not UTF-8. */
static void check_unusable(void)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();

    CHECK_FAILS(smsp_config_set(config, "colour", "blue", &error), &error, SMSP_E_CONFIG, "colour", NULL);
    CHECK_FAILS(smsp_config_set(config, "BATCH_SIZE", "1", &error), &error, SMSP_E_CONFIG, "BATCH_SIZE", NULL);
    CHECK_CODE(smsp_config_set(config, "", "1", &error), &error, SMSP_E_CONFIG);
    CHECK_STR(smsp_config_get(config, "colour"), NULL);
    CHECK_STR(smsp_config_get(config, ""), NULL);
    CHECK_STR(smsp_config_get(config, "\xff\xfe"), NULL);
    CHECK_FAILS(smsp_config_set(config, "user_agent", "shop\xff", &error), &error, SMSP_E_CONFIG, "user_agent", NULL);
    CHECK_CODE(smsp_config_set(config, "\xff\xfe", "1", &error), &error, SMSP_E_CONFIG);
    smsp_config_free(config);
}

/* A password in a proxy's URL is a secret like the key. */
static void check_secrets(void)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_config_set(config, "proxy", "http://user:hidden@127.0.0.1:3128", &error), &error, SMSP_OK);
    CHECK(smsp_config_get(config, "proxy") != NULL);
    CHECK_LACKS(smsp_config_get(config, "proxy"), "hidden");
    smsp_config_free(config);
}

/* Configurations do not know each other; a text is good until the next set. */
static void check_independence(void)
{
    smsp_config *one = smsp_config_new();
    smsp_config *other = smsp_config_new();
    const char *text;

    CHECK_INT(smsp_config_set(one, "batch_size", "7", NULL), SMSP_OK);
    CHECK_STR(smsp_config_get(other, "batch_size"), "500");
    text = smsp_config_get(one, "batch_size");
    CHECK_STR(smsp_config_get(one, "max_retries"), "3");
    CHECK_STR(smsp_config_get(one, "format"), "json");
    CHECK_STR(text, "7");
    smsp_config_free(other);
    CHECK_STR(text, "7");
    smsp_config_free(one);
}

int main(void)
{
    size_t i;

    check_names();
    for (i = 0; i < COUNT(options); ++i)
        check_option(&options[i]);
    check_unusable();
    check_secrets();
    check_independence();
    return check_result();
}
