/* A host that loads the DLL and lets go of it: it is gone after that, unless it has had threads, which stand on its code. */
#include <windows.h>

#include <smsp.h>
#include <stdio.h>
#include <string.h>

static int failures;

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("%s does not hold\n", what);
        ++failures;
    }
}

/* A function of the library, at a pointer to it. */
static void find(HMODULE library, const char *name, void *function)
{
    FARPROC symbol = GetProcAddress(library, name);

    check(symbol != NULL, name);
    memcpy(function, &symbol, sizeof symbol);
}

/* Asks where nobody listens, which takes a thread. */
static void ask(HMODULE library)
{
    static const smsp_query query = {"+33600000001", "1"};
    smsp_config *(*config_new)(void);
    smsp_code (*config_set)(smsp_config *, const char *, const char *, smsp_error **);
    void (*config_free)(smsp_config *);
    smsp_code (*client_new)(const smsp_config *, smsp_client **, smsp_error **);
    void (*client_free)(smsp_client *);
    smsp_code (*multi_status)(smsp_client *, const smsp_query *, size_t, smsp_report **, smsp_error **);
    void (*report_free)(smsp_report *);
    smsp_config *config;
    smsp_client *client = NULL;
    smsp_report *report = NULL;

    find(library, "smsp_config_new", &config_new);
    find(library, "smsp_config_set", &config_set);
    find(library, "smsp_config_free", &config_free);
    find(library, "smsp_client_new", &client_new);
    find(library, "smsp_client_free", &client_free);
    find(library, "smsp_multi_status", &multi_status);
    find(library, "smsp_report_free", &report_free);
    config = config_new();
    check(config_set(config, "api_key", "key", NULL) == SMSP_OK, "api_key");
    check(config_set(config, "base_url", "http://127.0.0.1:1", NULL) == SMSP_OK, "base_url");
    check(config_set(config, "max_retries", "0", NULL) == SMSP_OK, "max_retries");
    check(client_new(config, &client, NULL) == SMSP_OK, "a client");
    check(multi_status(client, &query, 1, &report, NULL) == SMSP_E_CONNECT, "that nobody listens");
    report_free(report);
    client_free(client);
    config_free(config);
}

int main(void)
{
    HMODULE library = LoadLibraryA("libsmsp.dll");

    check(library != NULL, "that it is loaded");
    check(FreeLibrary(library) && GetModuleHandleA("libsmsp.dll") == NULL, "that it is gone without threads");
    library = LoadLibraryA("libsmsp.dll");
    ask(library);
    check(FreeLibrary(library) && GetModuleHandleA("libsmsp.dll") == library, "that it stays with threads");
    return failures != 0;
}
