/*
 * smsp.h - what became of these SMS? The multi-status endpoint of the SMS Partner gateway for C.
 *
 *     smsp_config *config = smsp_config_new();
 *     smsp_client *client = NULL;
 *     smsp_report *report = NULL;
 *     smsp_query queries[] = { { "+33612345678", "199897" }, { "06 12 34 56 79", "199897" } };
 *     size_t i;
 *     smsp_config_set(config, "api_key", "...", NULL);
 *     if (smsp_client_new(config, &client, NULL) == SMSP_OK)
 *         smsp_multi_status(client, queries, 2, &report, NULL);
 *     for (i = 0; i < smsp_report_count(report); i++)
 *         puts(smsp_state_name(smsp_report_get(report, i)->state));
 *     smsp_report_free(report); smsp_client_free(client); smsp_config_free(config);
 *
 * Rules that hold everywhere:
 * - Handles are opaque. Each is ended by its _free, which accepts NULL. Every function accepts NULL for any pointer:
 *   a fallible one answers SMSP_E_INVALID_ARGUMENT, an accessor (or an index out of range) 0 or NULL.
 * - Fallible functions return smsp_code. Their last parameter, smsp_error **error, may be NULL; else it is set to a new
 *   error, which the caller frees, exactly when the code is negative or SMSP_PARTIAL, and to NULL otherwise.
 * - Out-parameters are set to NULL first. A report that was set must be freed whatever the code.
 * - Strings in are NUL-terminated UTF-8, borrowed for the call only. Strings out belong to the handle that they came
 *   from and live as long as it does; the caller never frees one.
 * - There are no callbacks, no global state, no output, no signal handlers; no panic, exception or signal leaves the
 *   library. Its threads block all signals.
 * - Thread safety stands with each type. Only _free ends a handle, and no thread may use a handle that another frees;
 *   but a client may be freed while its calls and operations run: they go on to their end.
 * - A client made before fork() works in the child, with connections of its own. An operation started before fork() is
 *   done and SMSP_E_CANCELLED in the child, and goes on in the parent. Every descriptor is close-on-exec.
 * - Windows has neither signals nor fork(). No child process inherits a socket, and the DLL stays loaded once it had threads.
 */
#ifndef SMSP_H
#define SMSP_H

#include <stddef.h>
#include <stdint.h>


/* ---- Constants ---- */
#define SMSP_VERSION_MAJOR 0
#define SMSP_VERSION_MINOR 1
#define SMSP_VERSION_PATCH 0
#define SMSP_VERSION "0.1.0"

/* How many messages one request asks about, at the most. A call takes any number. */
#define SMSP_MAX_BATCH 500

/* The date of a status that has none: the least int64_t. */
#define SMSP_NO_DATE (-(int64_t)(~(uint64_t)0 >> 1) - 1)

/* Codes (smsp_code): 0 is success, positive a condition that is not an error, negative an error. */
/* Every entry was answered. */
#define SMSP_OK 0
/* At least one entry was answered and at least one was not (UNANSWERED or INVALID). */
#define SMSP_PARTIAL 1
/* A wait ran out of time; nothing is wrong. */
#define SMSP_PENDING 2
/* A pointer or value that no call can use, or every entry is INVALID. */
#define SMSP_E_INVALID_ARGUMENT (-1)
/* An option's name or value; the message names it. */
#define SMSP_E_CONFIG (-2)
/* No connection, or it was lost before a whole answer came. A retry later may help. */
#define SMSP_E_CONNECT (-3)
/* The TLS handshake was refused, or the server's certificate is not trusted. */
#define SMSP_E_TLS (-4)
/* One of the time limits; the message names it. A retry later may help. */
#define SMSP_E_TIMEOUT (-5)
/* The caller cancelled. A retry later may help. */
#define SMSP_E_CANCELLED (-6)
/* An HTTP status that is not 2xx, without a readable refusal in its body (5xx may help later). */
#define SMSP_E_HTTP (-7)
/* An answer that is not what the service documents, or one that is too large. A retry later may help. */
#define SMSP_E_PROTOCOL (-8)
/* The service refuses the API key: batches not yet sent are not sent. */
#define SMSP_E_AUTH (-9)
/* The service refuses the account or this address: batches not yet sent are not sent. */
#define SMSP_E_DENIED (-10)
/* HTTP status 429: too many requests. A retry later may help. */
#define SMSP_E_RATE_LIMITED (-11)
/* The service refuses this batch by another code (api_code); other batches go on. */
#define SMSP_E_API (-12)
/* Memory, threads or descriptors for this call cannot be had. A retry later may help. */
#define SMSP_E_RESOURCE (-13)
/* A defect of the library, caught. */
#define SMSP_E_INTERNAL (-99)

/* States (smsp_state). */
/* Asked, but no answer was had; the entry's code says why. */
#define SMSP_STATE_UNANSWERED 0
/* The message reached its recipient. Final. */
#define SMSP_STATE_DELIVERED 1
/* The message did not reach its recipient and will not. Final. */
#define SMSP_STATE_NOT_DELIVERED 2
/* Under way: no delivery report yet. */
#define SMSP_STATE_WAITING 3
/* The service does not know this message, or not yet. */
#define SMSP_STATE_NOT_FOUND 4
/* The service did not send the message. Final. */
#define SMSP_STATE_NOT_SENT 5
/* The service refuses this entry; api_code says why. */
#define SMSP_STATE_REJECTED 6
/* Not asked: the phone number or the message id cannot be one. Final. */
#define SMSP_STATE_INVALID 7
/* The service gave a status text that the library does not know; it is in status_text. */
#define SMSP_STATE_UNKNOWN 8

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types and functions ---- */

/**
 * A client of the service: its connections, limits and counters. Made by smsp_client_new, ended by smsp_client_free.
 * Any number of threads may share one, and should: connections are kept and used again.
 */
typedef struct smsp_client smsp_client;

/**
 * The options of a client, by name: docs/CONFIGURATION.md lists them all. Made by smsp_config_new, ended by
 * smsp_config_free. Any thread may use it.
 */
typedef struct smsp_config smsp_config;

/**
 * Why something failed. An error that a function sets belongs to the caller, who frees it by smsp_error_free; one of a
 * report belongs to that. It is immutable: any thread may read it.
 */
typedef struct smsp_error smsp_error;

/**
 * A call in the background. Made by smsp_multi_status_start, ended by smsp_operation_free, which is always due. Any thread
 * may wait for it, look at it, cancel and finish it, also at the same time; during and after its free none may.
 * In a child of fork() an operation of the parent is done and SMSP_E_CANCELLED; the parent's goes on.
 */
typedef struct smsp_operation smsp_operation;

/**
 * The statuses of a call: one for each query, in order. Ended by smsp_report_free; it holds its own copies of all
 * texts. It is immutable: any thread may read it.
 */
typedef struct smsp_report smsp_report;

/**
 * What came of a call: SMSP_OK, SMSP_PARTIAL or one of SMSP_E_...
 */
typedef int32_t smsp_code;

/**
 * What became of a message: one of SMSP_STATE_...
 */
typedef int32_t smsp_state;

/**
 * A message to ask about. Both texts are borrowed for the call only.
 */
typedef struct smsp_query {
  /**
   * The recipient's number, as people write it: international ("+33 6 12 34 56 78", "0033...", "336...") or French
   * national ("06 12 34 56 78"); spaces, dots, dashes, slashes, parentheses and "(0)" are understood.
   */
  const char *phone_number;
  /**
   * The id that the service gave when the message was sent.
   */
  const char *message_id;
} smsp_query;

/**
 * What became of one message. It is reached by pointer only and may grow at its end in later versions: never copy it
 * or step over it by its sizeof. Its texts live as long as the report.
 */
typedef struct smsp_status {
  /**
   * The caller's text, as it was given; NULL where it was NULL.
   */
  const char *phone_number;
  /**
   * The caller's text, as it was given; NULL where it was NULL.
   */
  const char *message_id;
  /**
   * The service's text, in English or French, or NULL. One that is longer than 1,024 bytes is cut and ends in "…".
   */
  const char *status_text;
  /**
   * The service's date as text where it is not Unix seconds, else NULL: it names no time zone, so none is guessed. It is
   * cut as status_text is.
   */
  const char *date_text;
  /**
   * When the state was reached, in Unix seconds, or SMSP_NO_DATE.
   */
  int64_t date;
  /**
   * SMSP_STATE_...
   */
  smsp_state state;
  /**
   * SMSP_OK if the entry is answered: the service says what became of the message, or refuses to (NOT_FOUND,
   * REJECTED). Else why it is not: SMSP_E_INVALID_ARGUMENT for INVALID, the failure of its request for UNANSWERED.
   * smsp_report_error has the whole error.
   */
  smsp_code code;
  /**
   * The service's code for this entry (200 where it has no objection), 0 if it gave none. For an UNANSWERED entry it
   * is the code with which the service refused the request that the entry was in.
   */
  int32_t api_code;
  /**
   * Whether the recipient answered STOP: 1, 0, or -1 if the service did not tell.
   */
  int32_t stop_sms;
  /**
   * Whether the message was taken for spam: 1, 0, or -1 if the service did not tell.
   */
  int32_t is_spam;
  /**
   * The place of the query in the list that was given, counted from 0.
   */
  uint32_t index;
} smsp_status;

/**
 * The version of the library that is running, "x.y.z". Compare with SMSP_VERSION, that of the header.
 * The text is static. Any thread may call this.
 */
const char *smsp_version(void);

/**
 * The name of a code, such as "SMSP_E_TIMEOUT"; "?" if there is no such code.
 * The text is static. Any thread may call this.
 */
const char *smsp_code_name(smsp_code code);

/**
 * The name of a state, such as "not_delivered"; "?" if there is no such state.
 * The text is static. Any thread may call this.
 */
const char *smsp_state_name(smsp_state state);

/**
 * 1 if a state will never change (DELIVERED, NOT_DELIVERED, NOT_SENT, INVALID), else 0. A message that is not found
 * or refused now may be known later: delivery reports take up to 48 hours. Any thread may call this.
 */
int32_t smsp_state_is_final(smsp_state state);

/**
 * The kind of failure, SMSP_E_...; 0 for NULL.
 */
smsp_code smsp_error_code(const struct smsp_error *error);

/**
 * What happened, in one English line that names the culprit (option, entry, host) and never holds the API key. It
 * quotes the service's own text where there is one. It lives as long as the error. NULL for NULL.
 */
const char *smsp_error_message(const struct smsp_error *error);

/**
 * The service's own code: 1 or 10 for the API key, 20, 30, 40 or 96 for the account, others for the request; 0 if the
 * service gave none.
 */
int32_t smsp_error_api_code(const struct smsp_error *error);

/**
 * The HTTP status of the answer; 0 if there was no answer.
 */
int32_t smsp_error_http_status(const struct smsp_error *error);

/**
 * 1 if the same call may succeed later without a change by the caller, else 0.
 */
int32_t smsp_error_is_retryable(const struct smsp_error *error);

/**
 * Frees an error. Does nothing if it is NULL or belongs to a report.
 */
void smsp_error_free(struct smsp_error *error);

/**
 * A configuration with the defaults; it reads no environment. The caller frees it.
 */
struct smsp_config *smsp_config_new(void);

/**
 * Sets what the environment sets: SMSP_ and an option's name in capitals (SMSP_BASE_URL), SMSPARTNER_API_KEY for
 * api_key, and for proxy the first of HTTPS_PROXY, https_proxy, ALL_PROXY, all_proxy, unless NO_PROXY or no_proxy lists
 * the host. It overrides what was set before and is overridden by what is set after. An empty variable is an unset one.
 * It must not run beside setenv.
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable; then nothing is changed. It is
 * SMSP_E_CONFIG too in a program that has more rights than its caller (setuid): the environment is the caller's.
 */
smsp_code smsp_config_load_env(struct smsp_config *config,
                               struct smsp_error **error);

/**
 * Sets an option to a value, both as text. Times are in milliseconds, 0 is none; booleans are true, false, 1, 0.
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option and says what it takes; then nothing is
 * changed.
 */
smsp_code smsp_config_set(struct smsp_config *config,
                          const char *name,
                          const char *value,
                          struct smsp_error **error);

/**
 * The value of an option as text; NULL if it has none or if there is no such option. Secrets read "***". The text
 * lives as long as the configuration.
 */
const char *smsp_config_get(const struct smsp_config *config,
                            const char *name);

/**
 * The name of the option at this index; NULL past the last. The text is static. Any thread may call this.
 */
const char *smsp_option_name(size_t index);

/**
 * Ends a configuration; NULL is fine. Clients made with it have copies of their own.
 */
void smsp_config_free(struct smsp_config *config);

/**
 * Makes a client with a copy of this configuration, at *client; the caller frees it.
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option that is wrong, missing or names a file that
 * cannot be read. Nothing is sent yet.
 */
smsp_code smsp_client_new(const struct smsp_config *config,
                          struct smsp_client **client,
                          struct smsp_error **error);

/**
 * Makes a client with the defaults and what the environment sets, at *client; the caller frees it. It is
 * smsp_config_new, smsp_config_load_env and smsp_client_new in one, and must not run beside setenv.
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable or option that is wrong, missing or names a
 * file that cannot be read. Nothing is sent yet.
 */
smsp_code smsp_client_new_from_env(struct smsp_client **client,
                                   struct smsp_error **error);

/**
 * Reads a counter of a client, by name, into *value. Counters are cumulative since the client was made.
 * Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if a pointer is NULL or there is no such counter.
 */
smsp_code smsp_client_stat(const struct smsp_client *client, const char *name, uint64_t *value);

/**
 * The name of the counter at this index; NULL past the last. The text is static. Any thread may call this.
 */
const char *smsp_stat_name(size_t index);

/**
 * Ends a client; NULL is fine. Calls of it that still run in other threads, and its operations, go on to their end: the
 * last of them releases what they share. This does not wait for them.
 */
void smsp_client_free(struct smsp_client *client);

/**
 * Asks what became of count messages, and waits for the answers. Any number may be given: they are asked SMSP_MAX_BATCH
 * at a time, up to max_connections requests at once, and a query given twice is asked once. queries may be NULL if
 * count is 0. Any thread may call this on the same client.
 *
 * *report is set to a report with one status for each query, in order, always; the caller frees it. It is NULL only
 * where none could be made: SMSP_E_INVALID_ARGUMENT for a NULL pointer, SMSP_E_RESOURCE without memory for a report,
 * SMSP_E_INTERNAL.
 *
 * Returns SMSP_OK if every query was answered (also if count is 0); SMSP_PARTIAL if some were: the others are
 * UNANSWERED or INVALID, and smsp_report_error says why; or a negative code if none was. A message that the service does
 * not know (NOT_FOUND) or refuses to speak of (REJECTED) is answered. The error is that of the first batch that failed, in
 * the order of the queries; if none failed, it names the first INVALID entry: one with a text that is NULL, not UTF-8 or
 * not usable, which does not hold up the rest.
 *
 * A batch that the service refuses for what may be one of its messages is asked again in halves, down to the message
 * that is refused alone, so that all others are answered.
 */
smsp_code smsp_multi_status(struct smsp_client *client,
                            const struct smsp_query *queries,
                            size_t count,
                            struct smsp_report **report,
                            struct smsp_error **error);

/**
 * Starts to ask what became of count messages, as smsp_multi_status does, and returns at once with an operation at
 * *operation; the caller frees it. queries and its texts are borrowed for this call only; queries may be NULL if count
 * is 0. Operations and calls of a client share max_connections: their batches are asked in turn, so that a short list
 * does not wait for the end of a long one. Any thread may call this on the same client, which may be freed before the
 * operation is.
 *
 * Returns SMSP_OK, or a negative code, and then nothing is asked and *operation is NULL: SMSP_E_INVALID_ARGUMENT for a
 * NULL pointer, SMSP_E_RESOURCE if there is no memory, descriptor or thread to be had (smsp_multi_status works without
 * a thread), SMSP_E_INTERNAL. All else is told by smsp_operation_finish.
 */
smsp_code smsp_multi_status_start(struct smsp_client *client,
                                  const struct smsp_query *queries,
                                  size_t count,
                                  struct smsp_operation **operation,
                                  struct smsp_error **error);

/**
 * Waits until an operation is done, at most timeout_ms milliseconds: 0 looks only, a negative time is no limit.
 * Returns SMSP_OK if it is done, SMSP_PENDING if it is not, SMSP_E_INVALID_ARGUMENT for NULL.
 */
smsp_code smsp_operation_wait(struct smsp_operation *operation,
                              int64_t timeout_ms);

/**
 * Tells how far an operation has come: at *done, how many of its queries are answered or given up (INVALID ones are
 * from the start, duplicates are with the first of their kind), and at *total, how many there are. *done never goes
 * back, and is *total once the operation is done. Either pointer may be NULL. Never waits.
 * Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if operation is NULL.
 */
smsp_code smsp_operation_progress(const struct smsp_operation *operation,
                                  size_t *done,
                                  size_t *total);

/**
 * A descriptor that becomes readable once the operation is done, and stays so: for poll, select, epoll and event loops.
 * On Windows it is a SOCKET, for select, WSAPoll and event loops, and is to be cast to that.
 * It is made at the first call and the same at each, close-on-exec, and valid until the free. The caller only waits for
 * it: it never reads, writes or closes it. -1 if it cannot be made, for NULL, and in a child of fork().
 */
int32_t smsp_operation_fd(struct smsp_operation *operation);

/**
 * Asks an operation to end, and returns at once; NULL is fine, and so is an operation that is done. It is done within
 * 200 ms, wherever it waits. What was answered is in the report, the rest is UNANSWERED with code SMSP_E_CANCELLED.
 * Async-signal-safe: a signal handler may call this, and errno stays as it was. On Windows a handler of the console may.
 */
void smsp_operation_cancel(struct smsp_operation *operation);

/**
 * Waits until an operation is done, and hands over what smsp_multi_status would have: its code, its error, and at
 * *report its report, which the caller frees. Once: a second time is SMSP_E_INVALID_ARGUMENT, without a report. The
 * operation itself is still to be freed.
 * A cancelled operation of which something was answered is SMSP_PARTIAL, unless all was; else it is SMSP_E_CANCELLED,
 * or what the first batch that failed before had failed with.
 */
smsp_code smsp_operation_finish(struct smsp_operation *operation,
                                struct smsp_report **report,
                                struct smsp_error **error);

/**
 * Ends an operation; NULL is fine. One that is not done is cancelled first, and waited for. In a child of fork() that
 * inherited it nothing is waited for.
 */
void smsp_operation_free(struct smsp_operation *operation);

/**
 * How many statuses there are: the count of the queries.
 */
size_t smsp_report_count(const struct smsp_report *report);

/**
 * The status of the query at this index; NULL past the last. It lives as long as the report.
 */
const struct smsp_status *smsp_report_get(const struct smsp_report *report, size_t index);

/**
 * The bytes from one status to the next: they lie in one array, and the status at index i is at
 * (const char *)smsp_report_get(report, 0) + i * stride. For those who read memory directly; 0 for NULL.
 */
size_t smsp_report_stride(const struct smsp_report *report);

/**
 * How many statuses are in this state; 0 if there is no such state.
 */
size_t smsp_report_count_state(const struct smsp_report *report, smsp_state state);

/**
 * Why the entry at this index is UNANSWERED or INVALID; NULL where it is answered, or past the last. For UNANSWERED it is
 * the failure of the request that the entry was in, with its message, HTTP status, api_code, and whether a retry may help;
 * for INVALID it says which text is wrong and why ("phone_number: a French number has nine digits after +33"), and does not
 * quote the text. It belongs to the report and lives as long; smsp_error_free does nothing to it. Entries may share one.
 */
const struct smsp_error *smsp_report_error(const struct smsp_report *report,
                                           size_t index);

/**
 * Ends a report and all its texts; NULL is fine.
 */
void smsp_report_free(struct smsp_report *report);

#ifdef __cplusplus
}
#endif

#endif /* SMSP_H */
