/* Several threads set, read and use one configuration: nothing is torn, and texts that were read stay. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>

#define THREADS 4
#define ROUNDS 500

static const char *const agents[THREADS] = {"shop/1.0", "a/2", "a-much-longer-name-of-a-program/3.0.0", "x"};
static smsp_config *config;

static int is_known(const char *agent)
{
    int i, known = 0;

    for (i = 0; i < THREADS; ++i)
        known += strcmp(agents[i], agent) == 0;
    return known;
}

static void *work(void *context)
{
    const char *own = context, *kept = NULL;
    smsp_client *client;
    long i, failures = 0;

    for (i = 0; i < ROUNDS; ++i) {
        failures += smsp_config_set(config, "user_agent", own, NULL) != SMSP_OK;
        failures += !is_known(smsp_config_get(config, "user_agent"));
        failures += i % 100 == 50 && smsp_config_load_env(config, NULL) != SMSP_OK;
        if (i % 100 == 0) {
            kept = smsp_config_get(config, "user_agent");
            failures += smsp_client_new(config, &client, NULL) != SMSP_OK;
            smsp_client_free(client);
        }
        failures += !is_known(kept);
    }
    return (void *)failures;
}

int main(void)
{
    pthread_t threads[THREADS];
    void *failures;
    int i;

    config = smsp_config_new();
    CHECK_INT(smsp_config_set(config, "api_key", "k3y", NULL), SMSP_OK);
    CHECK_INT(smsp_config_set(config, "user_agent", agents[0], NULL), SMSP_OK);
    for (i = 0; i < THREADS; ++i)
        if (pthread_create(&threads[i], NULL, work, (void *)agents[i]) != 0)
            check_fatal("pthread_create", NULL);
    for (i = 0; i < THREADS; ++i) {
        pthread_join(threads[i], &failures);
        CHECK(failures == NULL);
    }
    smsp_config_free(config);
    return check_result();
}
