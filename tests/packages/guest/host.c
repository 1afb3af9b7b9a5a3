/* A program of three libraries that know nothing of each other: libsmsp.a, another Rust archive, and OpenSSL, whose
 * own TLS works before and after ours. Asks for one message, and prints its state.
 * usage: host ROUNDS NAME=VALUE... */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int guest_length(const char *text);

static int check(int condition, const char *what)
{
    if (!condition)
        fprintf(stderr, "%s\n", what);
    return condition;
}

/* What of OpenSSL is in the program works: a known digest, and a context. */
static int check_openssl(void)
{
    static const unsigned char begin[] = {0xba, 0x78, 0x16, 0xbf};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int fine = check(context != NULL, "no context of OpenSSL");
    SSL_CTX_free(context);
    return fine && check(EVP_Digest("abc", 3, digest, &length, EVP_sha256(), NULL) == 1 && length == 32 &&
                             memcmp(digest, begin, sizeof begin) == 0,
                         "OpenSSL computes another digest");
}

static int ask(int count, char **options)
{
    const smsp_query query = {"+33699999993", "111111"};
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    smsp_code code = SMSP_OK;
    int option;
    for (option = 0; option < count && code == SMSP_OK; option++) {
        char *value = strchr(options[option], '=');
        *value = '\0';
        code = smsp_config_set(config, options[option], value + 1, &error);
        *value = '=';
    }
    if (code == SMSP_OK)
        code = smsp_client_new(config, &client, &error);
    if (code == SMSP_OK)
        code = smsp_multi_status(client, &query, 1, &report, &error);
    if (code == SMSP_OK)
        puts(smsp_state_name(smsp_report_get(report, 0)->state));
    else
        fprintf(stderr, "%s: %s\n", smsp_code_name(code), smsp_error_message(error));
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    smsp_config_free(config);
    return code == SMSP_OK;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    int fine = 1;
    while (fine && rounds-- > 0)
        fine = check(guest_length("guest") == 5, "the other library does not work") && check_openssl() &&
               ask(argc - 2, argv + 2);
    return !fine;
}
