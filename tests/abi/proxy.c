/* proxy CODE PART name=value…
 * A call for one message with what the environment says of proxies: the code it returns, and PART of its message. */
#include "check.h"

int main(int argc, char **argv)
{
    static const smsp_query query = {"+33639980001", "1"};
    smsp_config *config;
    smsp_client *client = NULL;
    smsp_report *report = NULL;
    smsp_error *error = NULL;

    if (argc < 3)
        check_fatal("usage: proxy CODE PART name=value…", NULL);
    config = config_from(argc, argv, 3);
    if (smsp_config_load_env(config, &error) != SMSP_OK || smsp_client_new(config, &client, &error) != SMSP_OK)
        check_fatal("the configuration", error);
    CHECK_LACKS(smsp_config_get(config, "proxy"), "s3cret");
    CHECK_INT(smsp_multi_status(client, &query, 1, &report, &error), strtol(argv[1], NULL, 10));
    CHECK((error == NULL) == (*argv[2] == '\0'));
    if (error != NULL) {
        CHECK_CONTAINS(smsp_error_message(error), argv[2]);
        CHECK_LACKS(smsp_error_message(error), "s3cret");
    }
    smsp_error_free(error);
    smsp_report_free(report);
    smsp_client_free(client);
    smsp_config_free(config);
    return check_result();
}
