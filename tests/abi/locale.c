/* locale FOLDER FILE name=value…
 * A host that speaks French in Latin-1, by the catalogue in FOLDER/fr/LC_MESSAGES/libc.mo: the library's messages are English,
 * and the host's language stays what it is. Nothing listens at the base_url; FILE does not exist. */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <netdb.h>

/* No resolver is even asked for it: its label is too long. */
#define UNKNOWN "https://a23456789b23456789c23456789d23456789e23456789f23456789g23456789.test"

static const smsp_query query = {"+33639980001", "1"};

/* What the system says to the host is French, before and after each call. */
static void check_host(void)
{
    CHECK(uselocale((locale_t)0) == LC_GLOBAL_LOCALE);
    CHECK_STR(strerror(ECONNREFUSED), "Connexion refus\351e");
    CHECK_STR(strerror(ENOENT), "Aucun fichier \340 ce nom");
    CHECK_STR(gai_strerror(EAI_NONAME), "Nom ou service inconnu \351");
}

static void check_english(const smsp_error *error, const char *part)
{
    const char *c = smsp_error_message(error);

    CHECK_CONTAINS(c, part);
    for (; c != NULL && *c != '\0'; ++c)
        CHECK((unsigned char)*c >= ' ' && (unsigned char)*c < 0x7f);
    check_host();
}

/* An option that names a file which cannot be used. */
static void check_option(int argc, char **argv, const char *name, const char *value)
{
    smsp_config *config = config_from(argc, argv, 3);
    smsp_client *client = NULL;
    smsp_error *error = NULL;

    CHECK_INT(smsp_config_set(config, name, value, NULL), SMSP_OK);
    if (strcmp(name, "log_file") == 0)
        CHECK_INT(smsp_config_set(config, "log_level", "error", NULL), SMSP_OK);
    CHECK_INT(smsp_client_new(config, &client, &error), SMSP_E_CONFIG);
    check_english(error, "No such file or directory");
    smsp_error_free(error);
    smsp_config_free(config);
}

/* A call by the thread of the host, and one by a thread of the client. */
static void check_calls(int argc, char **argv, const char *name, const char *value, const char *part)
{
    smsp_config *config = config_from(argc, argv, 3);
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    smsp_operation *operation = NULL;

    CHECK_INT(smsp_config_set(config, name, value, NULL), SMSP_OK);
    CHECK_INT(smsp_client_new(config, &client, NULL), SMSP_OK);
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, &error), SMSP_E_CONNECT);
    check_english(error, part);
    check_english(smsp_report_error(report, 0), part);
    smsp_error_free(error);
    smsp_report_free(report);
    CHECK_INT(smsp_multi_status_start(client, &query, 1, &operation, NULL), SMSP_OK);
    CHECK_INT(smsp_operation_finish(operation, &report, &error), SMSP_E_CONNECT);
    check_english(error, part);
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_operation_free(operation);
    smsp_client_free(client);
    smsp_config_free(config);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        check_fatal("usage: locale FOLDER FILE name=value…", NULL);
    if (setenv("LANGUAGE", "fr", 1) != 0 || setlocale(LC_ALL, "C.UTF-8") == NULL || bindtextdomain("libc", argv[1]) == NULL
        || bind_textdomain_codeset("libc", "ISO-8859-1") == NULL)
        check_fatal("no French", NULL);
    check_host();
    check_option(argc, argv, "api_key_file", argv[2]);
    check_option(argc, argv, "ca_file", argv[2]);
    check_option(argc, argv, "log_file", argv[2]);
    check_calls(argc, argv, "max_retries", "0", "Connection refused");
    check_calls(argc, argv, "base_url", UNKNOWN, ".test: failed to lookup address information: Name or service not known");
    return check_result();
}
