/* dlopen LIBRARY LOADS name=value…
 * The library is loaded, used and closed again and again: each time a client is made, every tenth time it asks. Once
 * loaded it stays where it is, and neither memory nor descriptors nor threads grow. */
#define _POSIX_C_SOURCE 200809L
#include "process.h"
#include <dlfcn.h>
#include <malloc.h>

/* check.h speaks of it; this program is linked with no library at all. */
#pragma weak smsp_error_message

/* KiB that a program may grow by from one load to the last, whatever their number. */
#define GROWTH 1024

struct functions {
    smsp_config *(*config_new)(void);
    int32_t (*config_set)(smsp_config *, const char *, const char *, smsp_error **);
    void (*config_free)(smsp_config *);
    int32_t (*client_new)(const smsp_config *, smsp_client **, smsp_error **);
    int32_t (*multi_status)(smsp_client *, const smsp_query *, size_t, smsp_report **, smsp_error **);
    void (*report_free)(smsp_report *);
    void (*client_free)(smsp_client *);
};

static void find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    if (found == NULL)
        check_fatal(name, NULL);
    memcpy(function, &found, sizeof found);
}

static struct functions functions_of(void *library)
{
    struct functions smsp;

    find(library, "smsp_config_new", &smsp.config_new);
    find(library, "smsp_config_set", &smsp.config_set);
    find(library, "smsp_config_free", &smsp.config_free);
    find(library, "smsp_client_new", &smsp.client_new);
    find(library, "smsp_multi_status", &smsp.multi_status);
    find(library, "smsp_report_free", &smsp.report_free);
    find(library, "smsp_client_free", &smsp.client_free);
    return smsp;
}

static void ask(const struct functions *smsp, smsp_client *client)
{
    static const smsp_query query = {"+33600000001", "1"};
    smsp_report *report = NULL;

    CHECK_INT(smsp->multi_status(client, &query, 1, &report, NULL), SMSP_OK);
    smsp->report_free(report);
}

static void load(const char *path, int asks, int argc, char **argv)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    struct functions smsp;
    smsp_config *config;
    smsp_client *client = NULL;
    int i;

    if (library == NULL)
        check_fatal(path, NULL);
    smsp = functions_of(library);
    config = smsp.config_new();
    for (i = 3; i < argc; ++i) {
        char *value = strchr(argv[i], '=');
        *value = '\0';
        CHECK_INT(smsp.config_set(config, argv[i], value + 1, NULL), SMSP_OK);
        *value = '=';
    }
    CHECK_INT(smsp.client_new(config, &client, NULL), SMSP_OK);
    smsp.config_free(config);
    if (asks)
        ask(&smsp, client);
    smsp.client_free(client);
    CHECK_INT(dlclose(library), 0);
}

int main(int argc, char **argv)
{
    int i, loads, descriptors = 0;
    long memory = 0;

    if (argc < 3)
        check_fatal("usage: dlopen LIBRARY LOADS name=value…", NULL);
    loads = atoi(argv[2]);
    /* Threads take turns at the heaps of the C library otherwise, and the first use of each looks like growth. */
    mallopt(M_ARENA_MAX, 1);
    for (i = 1; i <= loads; ++i) {
        load(argv[1], i % 10 == 0, argc, argv);
        if (i == loads / 10) {
            process_await_threads(1);
            memory = process_memory("VmRSS:");
            descriptors = process_descriptors();
        }
    }
    process_await_threads(1);
    CHECK_INT(process_descriptors(), descriptors);
    CHECK(process_memory("VmRSS:") <= memory + GROWTH);
    CHECK(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != NULL);
    return check_result();
}
