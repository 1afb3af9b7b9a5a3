/* smsp_config_load_env. The harness starts it without any variable of ours or of a proxy. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

static void set(const char *name, const char *value)
{
    if (setenv(name, value, 1) != 0)
        check_fatal(name, NULL);
}

static void load(smsp_config *config)
{
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_config_load_env(config, &error), &error, SMSP_OK);
}

/* An environment that says nothing leaves everything as it was. */
static void check_nothing(void)
{
    smsp_config *config = smsp_config_new();
    smsp_config *untouched = smsp_config_new();
    size_t i;

    load(config);
    for (i = 0; smsp_option_name(i) != NULL; ++i)
        CHECK_STR(smsp_config_get(config, smsp_option_name(i)), smsp_config_get(untouched, smsp_option_name(i)));
    smsp_config_free(untouched);
    smsp_config_free(config);
}

/* A new configuration reads no environment; loading overrides what was set before and not what is set after. */
static void check_order(void)
{
    smsp_config *config;

    set("SMSP_BATCH_SIZE", "7");
    set("SMSP_FORMAT", "xml");
    config = smsp_config_new();
    CHECK_STR(smsp_config_get(config, "batch_size"), "500");
    CHECK_INT(smsp_config_set(config, "batch_size", "8", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "max_retries", "1", NULL), SMSP_OK);
    load(config);
    CHECK_STR(smsp_config_get(config, "batch_size"), "7");
    CHECK_STR(smsp_config_get(config, "format"), "xml");
    CHECK_STR(smsp_config_get(config, "max_retries"), "1");
    CHECK_INT(smsp_config_set(config, "batch_size", "9", NULL), SMSP_OK);
    CHECK_STR(smsp_config_get(config, "batch_size"), "9");
    smsp_config_free(config);
    unsetenv("SMSP_BATCH_SIZE");
    unsetenv("SMSP_FORMAT");
}

/* A client with what the environment sets, in one call. */
static void check_client(void)
{
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_client_new_from_env(&client, &error), &error, SMSP_E_CONFIG);
    CHECK(client == NULL);
    set("SMSPARTNER_API_KEY", "k3y-of-the-tests");
    set("SMSP_BATCH_SIZE", "x");
    CHECK_FAILS(smsp_client_new_from_env(&client, &error), &error, SMSP_E_CONFIG, "SMSP_BATCH_SIZE", "batch_size");
    CHECK(client == NULL);
    unsetenv("SMSP_BATCH_SIZE");
    CHECK_CODE(smsp_client_new_from_env(&client, &error), &error, SMSP_OK);
    CHECK(client != NULL);
    smsp_client_free(client);
    unsetenv("SMSPARTNER_API_KEY");
}

/* An empty variable is an unset one. */
static void check_empty(void)
{
    smsp_config *config = smsp_config_new();

    set("SMSP_BATCH_SIZE", "");
    set("SMSPARTNER_API_KEY", "");
    set("SMSP_LOG_FILE", "");
    set("HTTPS_PROXY", "");
    set("ALL_PROXY", "http://127.0.0.1:3");
    CHECK_INT(smsp_config_set(config, "batch_size", "8", NULL), SMSP_OK);
    load(config);
    CHECK_STR(smsp_config_get(config, "batch_size"), "8");
    CHECK_STR(smsp_config_get(config, "api_key"), NULL);
    CHECK_STR(smsp_config_get(config, "log_file"), NULL);
    CHECK_STR(smsp_config_get(config, "proxy"), "http://127.0.0.1:3");
    smsp_config_free(config);
    unsetenv("SMSP_BATCH_SIZE");
    unsetenv("SMSPARTNER_API_KEY");
    unsetenv("SMSP_LOG_FILE");
    unsetenv("HTTPS_PROXY");
    unsetenv("ALL_PROXY");
}

/* On an error nothing is changed, whichever variable comes first. */
static void check_error(const char *variable, const char *value, const char *option)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();

    set("SMSP_API_KEY_FILE", "/run/secrets/key");
    set("SMSP_BATCH_SIZE", "7");
    set("SMSP_MAX_RETRIES", "2");
    set("SMSP_LOG_FILE", "stderr");
    set(variable, value);
    CHECK_INT(smsp_config_set(config, "max_connections", "9", NULL), SMSP_OK);
    CHECK_FAILS(smsp_config_load_env(config, &error), &error, SMSP_E_CONFIG, variable, option);
    CHECK_INT(smsp_config_load_env(config, NULL), SMSP_E_CONFIG);
    CHECK_STR(smsp_config_get(config, "api_key_file"), NULL);
    CHECK_STR(smsp_config_get(config, "batch_size"), "500");
    CHECK_STR(smsp_config_get(config, "max_connections"), "9");
    CHECK_STR(smsp_config_get(config, "max_retries"), "3");
    CHECK_STR(smsp_config_get(config, "log_file"), NULL);
    smsp_config_free(config);
    unsetenv("SMSP_API_KEY_FILE");
    unsetenv("SMSP_BATCH_SIZE");
    unsetenv("SMSP_MAX_RETRIES");
    unsetenv("SMSP_LOG_FILE");
    unsetenv(variable);
}

/* The key has the name that other clients of the service use, and that one only. */
static void check_key(void)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = check_poison();

    set("SMSP_API_KEY", "hidden");
    load(config);
    CHECK_STR(smsp_config_get(config, "api_key"), NULL);
    set("SMSPARTNER_API_KEY", "hidden");
    load(config);
    CHECK_STR(smsp_config_get(config, "api_key"), "***");
    set("SMSPARTNER_API_KEY", "hid\001den");
    CHECK_INT(smsp_config_load_env(config, &error), SMSP_E_CONFIG);
    CHECK_LACKS(smsp_error_message(error), "hid");
    smsp_error_free(error);
    unsetenv("SMSP_API_KEY");
    unsetenv("SMSPARTNER_API_KEY");
    smsp_config_free(config);
}

static void check_proxy(const char *expected)
{
    smsp_config *config = smsp_config_new();

    load(config);
    CHECK_STR(smsp_config_get(config, "proxy"), expected);
    smsp_config_free(config);
}

/* One variable more each time, from the last that counts to the first. */
static void check_proxies(void)
{
    set("HTTP_PROXY", "http://127.0.0.1:1");
    set("http_proxy", "http://127.0.0.1:2");
    check_proxy(NULL);
    set("all_proxy", "http://127.0.0.1:3");
    check_proxy("http://127.0.0.1:3");
    set("ALL_PROXY", "http://127.0.0.1:4");
    check_proxy("http://127.0.0.1:4");
    set("https_proxy", "http://127.0.0.1:5");
    check_proxy("http://127.0.0.1:5");
    set("HTTPS_PROXY", "http://127.0.0.1:6");
    check_proxy("http://127.0.0.1:6");
    /* What does not count is not looked at. */
    set("https_proxy", "https://127.0.0.1:5");
    check_proxy("http://127.0.0.1:6");
    set("HTTPS_PROXY", "127.0.0.1:6");
    check_proxy("http://127.0.0.1:6");
    set("HTTPS_PROXY", "https://127.0.0.1:6");
    set("SMSP_PROXY", "http://127.0.0.1:7");
    check_proxy("http://127.0.0.1:7");
}

/* A proxy that cannot be used is no error where NO_PROXY lists the host, and one where it does not. */
static void check_unreadable_proxy(void)
{
    smsp_config *config = smsp_config_new();
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();

    unsetenv("SMSP_PROXY");
    set("HTTPS_PROXY", "https://127.0.0.1:6");
    CHECK_INT(smsp_config_set(config, "api_key", "k", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "proxy", "http://127.0.0.1:7", NULL), SMSP_OK);
    CHECK_FAILS(smsp_config_load_env(config, &error), &error, SMSP_E_CONFIG, "HTTPS_PROXY", NULL);
    set("NO_PROXY", "smspartner.fr, sms.test");
    load(config);
    CHECK_STR(smsp_config_get(config, "proxy"), NULL);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_client_free(client);
    CHECK_INT(smsp_config_set(config, "base_url", "https://other.test", NULL), SMSP_OK);
    CHECK_FAILS(smsp_client_new(config, &client, &error), &error, SMSP_E_CONFIG, "HTTPS_PROXY", NULL);
    CHECK_INT(smsp_config_set(config, "proxy", "", NULL), SMSP_OK);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    smsp_client_free(client);
    smsp_config_free(config);
    unsetenv("NO_PROXY");
}

int main(void)
{
    check_nothing();
    check_order();
    check_client();
    check_empty();
    check_error("SMSP_METHOD", "put", "method");
    check_error("SMSP_LOG_LEVEL", "loud", "log_level");
    check_error("SMSP_USER_AGENT", "shop\xff", "user_agent");
    check_key();
    check_proxies();
    check_unreadable_proxy();
    return check_result();
}
