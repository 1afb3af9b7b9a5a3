/* privileged (feigned|real)
 * A program with more rights than its caller: the environment, which is the caller's, sets nothing. Feigned, the system
 * says so only here; real, the program was started so. The environment sets a key and a batch size. */
#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <sys/auxv.h>

static int feigned;

/* Stands in front of the system's, for the library too. */
unsigned long getauxval(unsigned long type)
{
    unsigned long (*system_getauxval)(unsigned long);

    if (type == AT_SECURE && feigned)
        return 1;
    *(void **)&system_getauxval = dlsym(RTLD_NEXT, "getauxval");
    return system_getauxval(type);
}

int main(int argc, char **argv)
{
    smsp_config *config = smsp_config_new();
    smsp_client *client = check_poison();
    smsp_error *error = check_poison();

    if (argc != 2)
        check_fatal("usage: privileged (feigned|real)", NULL);
    feigned = strcmp(argv[1], "feigned") == 0;
    if (feigned) {
        feigned = 0;
        CHECK_CODE(smsp_config_load_env(config, &error), &error, SMSP_OK);
        CHECK_STR(smsp_config_get(config, "batch_size"), "7");
        CHECK_INT(smsp_config_set(config, "batch_size", "500", NULL), SMSP_OK);
        CHECK_STR(smsp_config_get(config, "api_key"), "***");
        feigned = 1;
    } else {
        /* Or the test shows nothing: the folder may be mounted with nosuid. */
        CHECK(getauxval(AT_SECURE) != 0);
        CHECK_STR(smsp_config_get(config, "api_key"), NULL);
    }
    CHECK_FAILS(smsp_config_load_env(config, &error), &error, SMSP_E_CONFIG, "more rights than who started it", NULL);
    CHECK_STR(smsp_config_get(config, "batch_size"), "500");
    CHECK_FAILS(smsp_client_new_from_env(&client, &error), &error, SMSP_E_CONFIG, "more rights than who started it", NULL);
    CHECK(client == NULL);
    smsp_config_free(config);
    return check_result();
}
