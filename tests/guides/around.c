/* What stands around the statements that docs/INTRODUCTION.md shows: its test puts them in, and the functions shown before. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

@FUNCTIONS@

int main(void)
{
    smsp_query queries[] = {
        { "+33699999993", "111111" }, { "+33 6 99 99 99 92", "1000" }, { "06.19.92.22.64", "1226613" }, { "06xx", "7" },
    };
    size_t i, count = 4;
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_operation *operation = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    smsp_code code = SMSP_OK;

    if (smsp_config_load_env(config, &error) != SMSP_OK || smsp_client_new(config, &client, &error) != SMSP_OK) {
        puts(smsp_error_message(error));
        return 2;
    }
    (void)queries, (void)count, (void)i, (void)code;
    {
@STATEMENTS@
    }
    smsp_operation_free(operation);
    smsp_report_free(report);
    smsp_error_free(error);
    smsp_client_free(client);
    smsp_config_free(config);
    return 0;
}
