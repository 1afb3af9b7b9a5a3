/* The job of benches/job.h by libsmsp. */
#include <smsp.h>
#include "job.h"

static smsp_client *client_of(const struct job *job, smsp_error **error)
{
    smsp_config *config = smsp_config_new();
    smsp_client *client = NULL;
    char connections[TEXT];
    snprintf(connections, sizeof connections, "%d", job->connections);
    if (smsp_config_set(config, "base_url", job->base_url, error) == SMSP_OK
        && smsp_config_set(config, "api_key", job->key, error) == SMSP_OK
        && smsp_config_set(config, "max_connections", connections, error) == SMSP_OK
        && (job->ca == NULL || smsp_config_set(config, "ca_file", job->ca, error) == SMSP_OK)
        && smsp_client_new(config, &client, error) != SMSP_OK)
        client = NULL;
    smsp_config_free(config);
    return client;
}

static void print(const smsp_report *report)
{
    size_t i;
    for (i = 0; i < smsp_report_count(report); i++) {
        const smsp_status *status = smsp_report_get(report, i);
        job_row(status->phone_number, status->message_id, smsp_state_name(status->state), status->date != SMSP_NO_DATE,
                status->date, status->stop_sms, status->is_spam, status->status_text);
    }
}

int main(int argc, char **argv)
{
    struct job job;
    smsp_query *queries;
    smsp_client *client = NULL;
    smsp_error *error = NULL;
    smsp_code code = SMSP_OK;
    size_t i;
    int round;

    job_begin(&job, argc, argv);
    queries = malloc((job.count + 1) * sizeof *queries);
    if (queries == NULL) return 1;
    for (i = 0; i < job.count; i++) {
        queries[i].phone_number = job.messages[i].number;
        queries[i].message_id = job.messages[i].id;
    }
    job.peak = peak_kib();
    if (job.rounds > 0) client = client_of(&job, &error);
    for (round = 0; round < job.rounds && error == NULL && code == SMSP_OK; round++) {
        smsp_report *report = NULL;
        code = smsp_multi_status(client, queries, job.count, &report, &error);
        if (job.table && code == SMSP_OK) print(report);
        smsp_report_free(report);
    }
    if (error == NULL) job_end(&job);
    else fprintf(stderr, "%s\n", smsp_error_message(error));
    code = error ? 1 : 0;
    smsp_error_free(error);
    smsp_client_free(client);
    free(queries);
    free(job.messages);
    return code;
}
