/* Version 0 of the C interface, as programs were compiled against it: a change that one of them would notice does not
 * compile here, and the message names the rule of CONTRIBUTING.md that it breaks. Lines are only ever added.
 * The macros of this file are read by scripts/abi.sh too, which finds what is in the header and not here. */
#include <smsp.h>

#define RULE_1 "rule 1 of CONTRIBUTING.md (Versions): a function stays, with its prototype"
#define RULE_2 "rule 2 of CONTRIBUTING.md (Versions): a struct keeps its fields where they are; smsp_status may grow at its end"
#define RULE_3 "rule 3 of CONTRIBUTING.md (Versions): a constant stays, with its value"

#define FUNCTION(name, type) _Static_assert(_Generic(&name, type: 1, default: 0), #name ": " RULE_1)
#define FIELD(record, name, type, offset)                                                                    \
    _Static_assert(_Generic(&((record *)0)->name, type *: 1, default: 0), #record "." #name ": " RULE_2);     \
    _Static_assert(offsetof(record, name) == (offset), #record "." #name ": " RULE_2)
#define CONSTANT(name, value) _Static_assert((name) == (value), #name ": " RULE_3)

#define POINTER sizeof(void *)

/* ---- Constants ---- */

CONSTANT(SMSP_MAX_BATCH, 500);
CONSTANT(SMSP_NO_DATE, INT64_MIN);
_Static_assert(_Generic(SMSP_NO_DATE, int64_t: 1, default: 0), "SMSP_NO_DATE: " RULE_3);

CONSTANT(SMSP_OK, 0);
CONSTANT(SMSP_PARTIAL, 1);
CONSTANT(SMSP_PENDING, 2);
CONSTANT(SMSP_E_INVALID_ARGUMENT, -1);
CONSTANT(SMSP_E_CONFIG, -2);
CONSTANT(SMSP_E_CONNECT, -3);
CONSTANT(SMSP_E_TLS, -4);
CONSTANT(SMSP_E_TIMEOUT, -5);
CONSTANT(SMSP_E_CANCELLED, -6);
CONSTANT(SMSP_E_HTTP, -7);
CONSTANT(SMSP_E_PROTOCOL, -8);
CONSTANT(SMSP_E_AUTH, -9);
CONSTANT(SMSP_E_DENIED, -10);
CONSTANT(SMSP_E_RATE_LIMITED, -11);
CONSTANT(SMSP_E_API, -12);
CONSTANT(SMSP_E_RESOURCE, -13);
CONSTANT(SMSP_E_INTERNAL, -99);

CONSTANT(SMSP_STATE_UNANSWERED, 0);
CONSTANT(SMSP_STATE_DELIVERED, 1);
CONSTANT(SMSP_STATE_NOT_DELIVERED, 2);
CONSTANT(SMSP_STATE_WAITING, 3);
CONSTANT(SMSP_STATE_NOT_FOUND, 4);
CONSTANT(SMSP_STATE_NOT_SENT, 5);
CONSTANT(SMSP_STATE_REJECTED, 6);
CONSTANT(SMSP_STATE_INVALID, 7);
CONSTANT(SMSP_STATE_UNKNOWN, 8);

/* ---- Types ---- */

_Static_assert(_Generic((smsp_code *)0, int32_t *: 1, default: 0), "smsp_code: " RULE_2);
_Static_assert(_Generic((smsp_state *)0, int32_t *: 1, default: 0), "smsp_state: " RULE_2);

/* Callers make arrays of these: its size is as fixed as its fields. */
FIELD(smsp_query, phone_number, const char *, 0);
FIELD(smsp_query, message_id, const char *, POINTER);
_Static_assert(sizeof(smsp_query) == 2 * POINTER, "smsp_query: " RULE_2);

FIELD(smsp_status, phone_number, const char *, 0);
FIELD(smsp_status, message_id, const char *, POINTER);
FIELD(smsp_status, status_text, const char *, 2 * POINTER);
FIELD(smsp_status, date_text, const char *, 3 * POINTER);
FIELD(smsp_status, date, int64_t, 4 * POINTER);
FIELD(smsp_status, state, smsp_state, 4 * POINTER + 8);
FIELD(smsp_status, code, smsp_code, 4 * POINTER + 12);
FIELD(smsp_status, api_code, int32_t, 4 * POINTER + 16);
FIELD(smsp_status, stop_sms, int32_t, 4 * POINTER + 20);
FIELD(smsp_status, is_spam, int32_t, 4 * POINTER + 24);
FIELD(smsp_status, index, uint32_t, 4 * POINTER + 28);
_Static_assert(sizeof(smsp_status) >= 4 * POINTER + 32, "smsp_status: " RULE_2);

/* ---- Functions ---- */

FUNCTION(smsp_version, const char *(*)(void));
FUNCTION(smsp_code_name, const char *(*)(smsp_code));
FUNCTION(smsp_state_name, const char *(*)(smsp_state));
FUNCTION(smsp_state_is_final, int32_t (*)(smsp_state));
FUNCTION(smsp_error_code, smsp_code (*)(const smsp_error *));
FUNCTION(smsp_error_message, const char *(*)(const smsp_error *));
FUNCTION(smsp_error_api_code, int32_t (*)(const smsp_error *));
FUNCTION(smsp_error_http_status, int32_t (*)(const smsp_error *));
FUNCTION(smsp_error_is_retryable, int32_t (*)(const smsp_error *));
FUNCTION(smsp_error_free, void (*)(smsp_error *));
FUNCTION(smsp_config_new, smsp_config *(*)(void));
FUNCTION(smsp_config_load_env, smsp_code (*)(smsp_config *, smsp_error **));
FUNCTION(smsp_config_set, smsp_code (*)(smsp_config *, const char *, const char *, smsp_error **));
FUNCTION(smsp_config_get, const char *(*)(const smsp_config *, const char *));
FUNCTION(smsp_option_name, const char *(*)(size_t));
FUNCTION(smsp_config_free, void (*)(smsp_config *));
FUNCTION(smsp_client_new, smsp_code (*)(const smsp_config *, smsp_client **, smsp_error **));
FUNCTION(smsp_client_new_from_env, smsp_code (*)(smsp_client **, smsp_error **));
FUNCTION(smsp_client_stat, smsp_code (*)(const smsp_client *, const char *, uint64_t *));
FUNCTION(smsp_stat_name, const char *(*)(size_t));
FUNCTION(smsp_client_free, void (*)(smsp_client *));
FUNCTION(smsp_multi_status, smsp_code (*)(smsp_client *, const smsp_query *, size_t, smsp_report **, smsp_error **));
FUNCTION(smsp_multi_status_start, smsp_code (*)(smsp_client *, const smsp_query *, size_t, smsp_operation **, smsp_error **));
FUNCTION(smsp_operation_wait, smsp_code (*)(smsp_operation *, int64_t));
FUNCTION(smsp_operation_progress, smsp_code (*)(const smsp_operation *, size_t *, size_t *));
FUNCTION(smsp_operation_fd, int32_t (*)(smsp_operation *));
FUNCTION(smsp_operation_cancel, void (*)(smsp_operation *));
FUNCTION(smsp_operation_finish, smsp_code (*)(smsp_operation *, smsp_report **, smsp_error **));
FUNCTION(smsp_operation_free, void (*)(smsp_operation *));
FUNCTION(smsp_queue_new, smsp_queue *(*)(void));
FUNCTION(smsp_operation_notify, smsp_code (*)(smsp_operation *, smsp_queue *, uint64_t));
FUNCTION(smsp_queue_wait, smsp_code (*)(smsp_queue *, int64_t, uint64_t *, size_t, size_t *));
FUNCTION(smsp_queue_fd, int32_t (*)(smsp_queue *));
FUNCTION(smsp_queue_wake, void (*)(smsp_queue *));
FUNCTION(smsp_queue_free, void (*)(smsp_queue *));
FUNCTION(smsp_report_count, size_t (*)(const smsp_report *));
FUNCTION(smsp_report_get, const smsp_status *(*)(const smsp_report *, size_t));
FUNCTION(smsp_report_stride, size_t (*)(const smsp_report *));
FUNCTION(smsp_report_count_state, size_t (*)(const smsp_report *, smsp_state));
FUNCTION(smsp_report_error, const smsp_error *(*)(const smsp_report *, size_t));
FUNCTION(smsp_report_free, void (*)(smsp_report *));

int main(void)
{
    return 0;
}
