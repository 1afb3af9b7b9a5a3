/* What the programs of libsmsp have in common that ask about one message a call. */
#ifndef BENCHES_SMALL_OURS_H
#define BENCHES_SMALL_OURS_H

#include <smsp.h>
#include "small.h"

static void need(smsp_code code, const smsp_error *error)
{
    if (code != SMSP_OK) fail(error != NULL ? smsp_error_message(error) : smsp_code_name(code));
}

static smsp_client *client_of(const struct small *small)
{
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    smsp_error *error = NULL;
    char connections[TEXT];
    snprintf(connections, sizeof connections, "%d", small->connections);
    need(smsp_config_set(config, "base_url", small->base_url, &error), error);
    need(smsp_config_set(config, "api_key", small->key, &error), error);
    need(smsp_config_set(config, "max_connections", connections, &error), error);
    if (getenv("BENCH_PACE") != NULL)
        need(smsp_config_set(config, "requests_per_second", getenv("BENCH_PACE"), &error), error);
    if (small->ca != NULL) need(smsp_config_set(config, "ca_file", small->ca, &error), error);
    need(smsp_client_new(config, &client, &error), error);
    smsp_config_free(config);
    return client;
}

static smsp_query query_of(const struct message *message)
{
    smsp_query query;
    query.phone_number = message->number;
    query.message_id = message->id;
    return query;
}

static struct row row_of(const smsp_report *report)
{
    const smsp_status *status = smsp_report_get(report, 0);
    struct row row;
    row.state = smsp_state_name(status->state);
    row.dated = status->date != SMSP_NO_DATE;
    row.date = status->date;
    row.stop = status->stop_sms;
    row.spam = status->is_spam;
    return row;
}

#endif
