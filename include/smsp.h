/*
 * smsp.h - the C interface of libsmsp
 *
 * libsmsp asks the French SMS gateway SMS Partner what became of SMS messages. You pass a list of pairs (phone number,
 * message id). You get a report with one status for each pair, in the same order. The library splits long lists into
 * requests, runs several requests at a time, and retries by itself what may succeed on a retry.
 *
 *     #include <smsp.h>
 *     #include <stdio.h>
 *
 *     int main(void)
 *     {
 *         smsp_query queries[] = { { "+33612345678", "199897" }, { "06 12 34 56 79", "199897" } };
 *         smsp_client *client = NULL;
 *         smsp_report *report = NULL;
 *         smsp_error *error = NULL;
 *         size_t i;
 *
 *         if (smsp_client_new_from_env(&client, &error) == SMSP_OK)     // the API key is in SMSPARTNER_API_KEY
 *             smsp_multi_status(client, queries, 2, &report, &error);
 *         if (error != NULL)
 *             fprintf(stderr, "%s\n", smsp_error_message(error));
 *         for (i = 0; i < smsp_report_count(report); i++)
 *             printf("%s: %s\n", queries[i].phone_number, smsp_state_name(smsp_report_get(report, i)->state));
 *         smsp_error_free(error);
 *         smsp_report_free(report);
 *         smsp_client_free(client);
 *         return 0;
 *     }
 *
 * CONTENTS
 *
 *    1. Version
 *    2. Result codes
 *    3. States of a message
 *    4. Types
 *    5. Version and names
 *    6. Errors
 *    7. Configuration
 *    8. Clients and calls
 *    9. Operations: calls in the background
 *   10. Queues: one wait for many operations
 *   11. Reports
 *
 * RULES FOR ALL FUNCTIONS
 *
 * Handles    smsp_config, smsp_client, smsp_report, smsp_error, smsp_operation and smsp_queue are opaque. You own every
 *            handle that a function creates for you. Free it once, with the _free function of its type.
 * NULL       You may pass NULL for any pointer. A function that returns smsp_code then returns SMSP_E_INVALID_ARGUMENT,
 *            unless its description allows NULL. An accessor returns 0 or NULL, as it does for an index that is too large.
 *            A _free function does nothing.
 * Errors     A function that can fail returns an smsp_code: SMSP_OK (0), a positive code for a condition that is not an
 *            error, or a negative code for an error. Its last parameter may be NULL. If it is not, *error is set to a new
 *            error, which you own, when the code is negative or SMSP_PARTIAL, and to NULL otherwise.
 * Outputs    Output pointers are set to NULL first. If *report is set, you own the report, whatever the code is.
 * Texts      Texts that you pass are NUL-terminated UTF-8. The library uses them only during the call. Texts that it
 *            returns belong to the handle they come from and live as long as the handle. Do not free them.
 * Threads    Any number of threads may use the same smsp_client, smsp_config, smsp_operation or smsp_queue at the same
 *            time, and read the same smsp_report or smsp_error, which never change. Any thread may call the functions
 *            without a handle. No thread may use a handle while another thread frees it or after that. There is one
 *            exception: you may free a client while its calls and operations run. They finish normally.
 * Retries    The library retries by itself. A request that fails for a reason that may pass (no connection, a time-out,
 *            HTTP status 429 or 5xx, an unreadable answer) is retried up to max_retries times, with random, growing waits.
 *            When a call returns an error, its retries are used up: do not retry in a loop. If smsp_error_is_retryable
 *            returns 1, the same call may succeed some minutes later.
 * fork()     A client that was created before fork() works in the child, over connections of its own. An operation that
 *            was started before fork() goes on in the parent; in the child it is done, with SMSP_E_CANCELLED. A queue
 *            belongs to the process that created it; in the child its functions return SMSP_E_CANCELLED.
 * Process    The library calls nothing back, prints nothing, never exits, and installs no signal handler. Its threads
 *            block all signals. No panic or exception leaves it. All its descriptors are close-on-exec.
 * Windows    There are no signals and no fork(). No child process inherits a socket. The DLL stays loaded once it has
 *            started a thread.
 */
#ifndef SMSP_H
#define SMSP_H

#include <stddef.h>
#include <stdint.h>

/* ===================================================================================================================
 * 1. Version
 * =================================================================================================================== */

/** The version of this header. smsp_version() is that of the library. */
#define SMSP_VERSION_MAJOR 0
#define SMSP_VERSION_MINOR 1
#define SMSP_VERSION_PATCH 0
#define SMSP_VERSION "0.1.0"

/** The version as one number, for #if: 1.2.3 is 10203. */
#define SMSP_VERSION_NUMBER (SMSP_VERSION_MAJOR * 10000 + SMSP_VERSION_MINOR * 100 + SMSP_VERSION_PATCH)

/* ===================================================================================================================
 * 2. Result codes
 * =================================================================================================================== */

/* The values of smsp_code: 0 is success, a positive code is a condition that is not an error, a negative code is
 * an error. Values never change and are never reused. Later versions may add codes. */

/** Every query was answered. */
#define SMSP_OK 0
/** At least one query was answered, and at least one was not (it is UNANSWERED or INVALID). */
#define SMSP_PARTIAL 1
/** The time of a wait ran out, or smsp_queue_wake ended it. Nothing is wrong. */
#define SMSP_PENDING 2
/** An argument is NULL or cannot be used, or every query is INVALID. */
#define SMSP_E_INVALID_ARGUMENT (-1)
/** The name or the value of an option is wrong, or a required option is missing. The message names it. */
#define SMSP_E_CONFIG (-2)
/** There was no connection, or it was lost before the whole answer arrived. A retry later may help. */
#define SMSP_E_CONNECT (-3)
/** The TLS handshake failed, or the server's certificate is not trusted. */
#define SMSP_E_TLS (-4)
/** A time limit passed. The message names the option. A retry later may help. */
#define SMSP_E_TIMEOUT (-5)
/** You cancelled the operation, or a child of fork() inherited it or its queue. A retry later may help. */
#define SMSP_E_CANCELLED (-6)
/** The HTTP status is not 2xx, and the body has no refusal that the library can read. For 5xx a retry later may help. */
#define SMSP_E_HTTP (-7)
/** The answer is not what the service documents, or it is too large. A retry later may help. */
#define SMSP_E_PROTOCOL (-8)
/** The service refuses the API key. The library sends no further requests of this call. */
#define SMSP_E_AUTH (-9)
/** The service refuses the account or your IP address. The library sends no further requests of this call. */
#define SMSP_E_DENIED (-10)
/** HTTP status 429: the service says that it gets too many requests. A retry later may help. */
#define SMSP_E_RATE_LIMITED (-11)
/** The service refuses the request with another code, see smsp_error_api_code. Other requests of the call go on. */
#define SMSP_E_API (-12)
/** The system has not enough memory, threads or descriptors left. A retry later may help. */
#define SMSP_E_RESOURCE (-13)
/** A defect of the library. The library caught it, and you may go on. */
#define SMSP_E_INTERNAL (-99)

/* ===================================================================================================================
 * 3. States of a message
 * =================================================================================================================== */

/* The values of smsp_state. A final state never changes. Values never change and are never reused. Later versions
 * may add states. */

/** The library asked, but there is no answer. The code of the status says why. */
#define SMSP_STATE_UNANSWERED 0
/** The message reached its recipient. Final. */
#define SMSP_STATE_DELIVERED 1
/** The message did not reach its recipient, and will not. Final. */
#define SMSP_STATE_NOT_DELIVERED 2
/** The message is on its way. There is no delivery report yet. */
#define SMSP_STATE_WAITING 3
/** The service does not know the message, or does not know it yet. */
#define SMSP_STATE_NOT_FOUND 4
/** The service did not send the message. Final. */
#define SMSP_STATE_NOT_SENT 5
/** The service refuses to answer about this message. api_code and status_text say why. */
#define SMSP_STATE_REJECTED 6
/** The library did not ask, because the phone number or the message id is not valid. Final. */
#define SMSP_STATE_INVALID 7
/** The service gave a status that the library does not know. status_text has its text. */
#define SMSP_STATE_UNKNOWN 8

#ifdef __cplusplus
extern "C" {
#endif

/* ===================================================================================================================
 * 4. Types
 * =================================================================================================================== */

/** The most messages that one request asks about. A call takes any number of messages. */
#define SMSP_MAX_BATCH 500

/** The date of a status that has no date: the smallest int64_t. */
#define SMSP_NO_DATE (-(int64_t)(~(uint64_t)0 >> 1) - 1)

/**
 * Marks functions whose failure would go unnoticed if you ignored the result. The compiler warns where you do. Define it
 * as empty before you include this header to turn the warnings off.
 */
#ifndef SMSP_MUST_USE
#if defined(__GNUC__) || defined(__clang__)
#define SMSP_MUST_USE __attribute__((warn_unused_result))
#else
#define SMSP_MUST_USE
#endif
#endif

/**
 * A client of the service, with its connections, limits and counters. Created by smsp_client_new or
 * smsp_client_new_from_env, freed by smsp_client_free. Create one, keep it, and share it between all threads: it keeps
 * its connections open for the next call.
 */
typedef struct smsp_client smsp_client;

/**
 * The options of a client, by name. Created by smsp_config_new, freed by smsp_config_free. Any number of threads may use
 * it at the same time.
 */
typedef struct smsp_config smsp_config;

/**
 * Says why something failed. You own an error that a function sets through its last parameter: free it with
 * smsp_error_free. An error from smsp_report_error belongs to its report. Errors never change: any thread may read them.
 */
typedef struct smsp_error smsp_error;

/**
 * A call in the background. Created by smsp_multi_status_start, freed by smsp_operation_free, also after
 * smsp_operation_finish. Any number of threads may wait for it, watch, cancel and finish it at the same time, but not
 * during or after smsp_operation_free.
 */
typedef struct smsp_operation smsp_operation;

/**
 * Tells which operations are done: one wait serves any number of them. Created by smsp_queue_new, freed by smsp_queue_free.
 * Any number of threads may use it at the same time, but not during or after smsp_queue_free.
 */
typedef struct smsp_queue smsp_queue;

/**
 * The result of a call: one status for each query, in the order of the queries. It has its own copies of all texts. Freed
 * by smsp_report_free. Reports never change: any thread may read them.
 */
typedef struct smsp_report smsp_report;

/**
 * The result of a call: SMSP_OK, SMSP_PARTIAL, SMSP_PENDING or one of SMSP_E_...
 */
typedef int32_t smsp_code;

/**
 * The state of a message: one of SMSP_STATE_...
 */
typedef int32_t smsp_state;

/**
 * A message to ask about. The library uses both texts only during the call.
 */
typedef struct smsp_query {
  /**
   * The recipient's phone number, as people write it: international ("+33 6 12 34 56 78", "0033...", "336...") or
   * French national ("06 12 34 56 78"). Spaces, dots, dashes, slashes, parentheses and "(0)" are accepted.
   */
  const char *phone_number;
  /**
   * The id that the service returned when the message was sent.
   */
  const char *message_id;
} smsp_query;

/**
 * What became of one message. It belongs to its report, as do its texts. Later versions may add fields at its end: do not
 * copy it, and do not use its sizeof to step through an array; see smsp_report_get and smsp_report_stride.
 */
typedef struct smsp_status {
  /**
   * The phone number of the query, as you passed it; NULL if it was NULL.
   */
  const char *phone_number;
  /**
   * The message id of the query, as you passed it; NULL if it was NULL.
   */
  const char *message_id;
  /**
   * The service's own text for the state, in English or French, or NULL. A text of more than 1,024 bytes is cut and
   * ends in "…".
   */
  const char *status_text;
  /**
   * The service's date as a text, if it is not a number of Unix seconds; else NULL. The library does not guess a time
   * zone. Cut like status_text.
   */
  const char *date_text;
  /**
   * When the message reached its state, in seconds since 1970-01-01 UTC, or SMSP_NO_DATE.
   */
  int64_t date;
  /**
   * SMSP_STATE_...
   */
  smsp_state state;
  /**
   * SMSP_OK if the query is answered, also if the service does not know the message (NOT_FOUND) or refuses it
   * (REJECTED). SMSP_E_INVALID_ARGUMENT if the query is INVALID. The code of the failed request if it is UNANSWERED.
   * smsp_report_error returns the whole error.
   */
  smsp_code code;
  /**
   * The service's own code for this message (200 means no objection), or 0 if it gave none. If the query is UNANSWERED,
   * the code with which the service refused the request.
   */
  int32_t api_code;
  /**
   * Whether the recipient replied STOP: 1 or 0, or -1 if the service did not say.
   */
  int32_t stop_sms;
  /**
   * Whether the message was classified as spam: 1 or 0, or -1 if the service did not say.
   */
  int32_t is_spam;
  /**
   * The index of the query in your list, counted from 0.
   */
  uint32_t index;
} smsp_status;

/* ===================================================================================================================
 * 5. Version and names
 * =================================================================================================================== */

/**
 * Returns the version of the library that is running, such as "0.1.0". SMSP_VERSION is the version of the header that
 * the program was compiled with. The text is static.
 */
const char *smsp_version(void);

/**
 * Returns the name of a code, such as "SMSP_E_TIMEOUT", or "?" for an unknown code. The text is static.
 */
const char *smsp_code_name(smsp_code code);

/**
 * Returns the name of a state, such as "not_delivered", or "?" for an unknown state. The text is static.
 */
const char *smsp_state_name(smsp_state state);

/**
 * Returns 1 if a state is final and never changes (DELIVERED, NOT_DELIVERED, NOT_SENT, INVALID), else 0. Ask again later
 * about the others. Even a message that the service does not find or refuses now may be known later, because delivery
 * reports take up to 48 hours.
 */
int32_t smsp_state_is_final(smsp_state state);

/* ===================================================================================================================
 * 6. Errors
 * =================================================================================================================== */

/**
 * Returns the code of an error: SMSP_E_... or SMSP_PARTIAL. Returns SMSP_OK for NULL.
 */
smsp_code smsp_error_code(const struct smsp_error *error);

/**
 * Returns one line of English text for a log. It names the cause (an option, an entry, a host), quotes the service's own
 * text if there is one, and never contains the API key. It may contain phone numbers. The text belongs to the error.
 * Returns NULL for NULL.
 */
const char *smsp_error_message(const struct smsp_error *error);

/**
 * Returns the service's own error code, or 0 if the service gave none. 1 and 10 are about the API key; 20, 30, 40 and 96
 * about the account; others about the request.
 */
int32_t smsp_error_api_code(const struct smsp_error *error);

/**
 * Returns the HTTP status of the response, or 0 if there was no response.
 */
int32_t smsp_error_http_status(const struct smsp_error *error);

/**
 * Returns 1 if the same call may succeed later without a change to the program or its configuration, else 0.
 */
int32_t smsp_error_is_retryable(const struct smsp_error *error);

/**
 * Frees an error. Does nothing if it is NULL or belongs to a report.
 */
void smsp_error_free(struct smsp_error *error);

/* ===================================================================================================================
 * 7. Configuration
 * ===================================================================================================================
 *
 * All options, by name. All values are texts. Times are in milliseconds. The environment variable of an option is
 * SMSP_ and its name in capitals, such as SMSP_BATCH_SIZE; that of api_key is SMSPARTNER_API_KEY.
 *
 * option              | default                      | what it does
 * ------------------- | ---------------------------- | --------------------------------------------------------------
 * api_key             | none                         | The API key. Either this or api_key_file is required. If both
 *                     |                              | are set, the last one counts; in the environment, this one.
 *                     |                              | White space around the key is removed. Values: text without
 *                     |                              | control characters; it is never shown.
 * api_key_file        | none                         | A file whose first line is the API key, for mounted secrets.
 *                     |                              | It is read when a client is created. Values: text without
 *                     |                              | control characters.
 * base_url            | https://api.smspartner.fr/v1 | The address of the service. A trailing slash is removed. User
 *                     |                              | names, queries and fragments are refused. Values:
 *                     |                              | http://host[:port][/path] or https://host[:port][/path].
 * format              | json                         | The format of the answers. JSON is faster. Values: json, xml.
 * method              | post                         | The HTTP method. get puts the API key and all phone numbers
 *                     |                              | into URLs, and servers and proxies write URLs into their logs.
 *                     |                              | A URL has less than 8,000 bytes, so a GET request asks about
 *                     |                              | fewer messages. Values: post, get.
 * batch_size          | 500                          | The most messages that one request asks about. Values: a whole
 *                     |                              | number from 1 to 500.
 * max_connections     | 4                            | The most requests that a client runs at the same time, over
 *                     |                              | all its calls. Values: a whole number from 1 to 64.
 * connect_timeout_ms  | 5000                         | The time limit for the name lookup, the connection and the TLS
 *                     |                              | handshake together. 0 means no limit. Values: a whole number
 *                     |                              | from 0 to 86400000.
 * request_timeout_ms  | 10000                        | The time limit for one attempt, from connecting to the last
 *                     |                              | byte of the answer. 0 means no limit. Values: a whole number
 *                     |                              | from 0 to 86400000.
 * total_timeout_ms    | 0                            | The time limit for a whole call, including retries and waiting
 *                     |                              | for a connection. 0 means no limit. Values: a whole number
 *                     |                              | from 0 to 86400000.
 * max_retries         | 3                            | How often the library retries a batch by itself. 0 turns
 *                     |                              | retries off. Values: a whole number from 0 to 100.
 * retry_base_ms       | 200                          | The longest wait before the first retry. It doubles with each
 *                     |                              | further retry. The actual wait is random, between 0 and this.
 *                     |                              | Values: a whole number from 0 to 86400000.
 * retry_max_ms        | 20000                        | The longest wait before any retry, unless the service sends
 *                     |                              | Retry-After. Values: a whole number from 0 to 86400000.
 * retry_after_max_ms  | 60000                        | The longest Retry-After that the library waits for. A longer
 *                     |                              | one ends the batch at once. Values: a whole number from 0 to
 *                     |                              | 86400000.
 * requests_per_second | 0                            | The most requests that a client starts per second, over all
 *                     |                              | its calls. 0 means no limit; 0.2 is one request in five
 *                     |                              | seconds. Values: a decimal number from 0 to 10000.
 * max_response_bytes  | 16777216                     | The largest answer that the library reads, in bytes after
 *                     |                              | decompression. Values: a whole number from 1024 to 1073741824.
 * proxy               | none                         | An HTTP (CONNECT) or SOCKS5 proxy between the client and the
 *                     |                              | service; socks5h means the same as socks5. The default port is
 *                     |                              | 80 for HTTP and 1080 for SOCKS5. The proxy resolves the name
 *                     |                              | of the service. An HTTP proxy gets a user name and a password
 *                     |                              | by Basic authentication; percent-encode special characters in
 *                     |                              | them. A base_url on this machine (localhost, 127.0.0.1, ::1)
 *                     |                              | is reached without the proxy. Values:
 *                     |                              | http://[user:password@]host[:port] or
 *                     |                              | socks5://[user:password@]host[:port].
 * ca_file             | bundled                      | The certificate authorities to trust, as a comma-separated
 *                     |                              | list: bundled (Mozilla's list, inside the library), system
 *                     |                              | (not on Windows), and paths of PEM files. Nothing else is
 *                     |                              | trusted. Values: a comma-separated list of bundled, system and
 *                     |                              | paths of PEM files.
 * user_agent          | libsmsp/0.1.0                | The User-Agent header. The library puts your value in front of
 *                     |                              | its own name and version. Values: printable ASCII.
 * allow_http          | false                        | Allows plain http to other hosts than this machine. Everybody
 *                     |                              | on the way can then read the API key and all statuses. Values:
 *                     |                              | true, false, 1 or 0.
 * log_level           | off                          | How much the library logs. trace shows phone numbers in full;
 *                     |                              | no level shows the API key. Values: off, error, warn, info,
 *                     |                              | debug, trace.
 * log_file            | none                         | Where the log goes: a path, or stderr. Required unless
 *                     |                              | log_level is off. A new file is readable by its owner only (on
 *                     |                              | Windows it has the permissions of its folder). The file is
 *                     |                              | opened for each line, so it can be rotated. Values: text
 *                     |                              | without control characters.
 */

/**
 * Creates a configuration with the default values. It does not read the environment. You own it. Returns NULL only if an
 * internal error occurs.
 */
SMSP_MUST_USE
struct smsp_config *smsp_config_new(void);

/**
 * Sets all options that the environment has variables for: SMSP_ and the option's name in capitals, such as
 * SMSP_BASE_URL; SMSPARTNER_API_KEY for api_key; and for proxy the first that is set of SMSP_PROXY, HTTPS_PROXY,
 * https_proxy, ALL_PROXY and all_proxy. A proxy from the last four is not used for the hosts that NO_PROXY or no_proxy
 * lists. Variables override what was set before. What you set later overrides them. Empty variables are ignored.
 * Do not call this while another thread calls setenv.
 *
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable; then no option has changed. In a program with
 * more rights than its caller (setuid), this always returns SMSP_E_CONFIG, because the caller controls the environment.
 */
SMSP_MUST_USE
smsp_code smsp_config_load_env(struct smsp_config *config,
                               struct smsp_error **error);

/**
 * Sets the option with this name. Values are texts: times in milliseconds, booleans "true", "false", "1" or "0". The
 * library copies the value. Clients that exist already do not change.
 *
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option and the values that it takes; then the option has
 * not changed.
 */
SMSP_MUST_USE
smsp_code smsp_config_set(struct smsp_config *config,
                          const char *name,
                          const char *value,
                          struct smsp_error **error);

/**
 * Returns the value of an option, or NULL if it has no value or does not exist. Secrets are shown as "***". The text
 * belongs to the configuration and stays valid when the option is set again.
 */
const char *smsp_config_get(const struct smsp_config *config,
                            const char *name);

/**
 * Returns the name of the option at this index, or NULL past the last: count from 0 to list all options. The text is
 * static.
 */
const char *smsp_option_name(size_t index);

/**
 * Frees a configuration. Does nothing if NULL. Clients have copies of their own.
 */
void smsp_config_free(struct smsp_config *config);

/* ===================================================================================================================
 * 8. Clients and calls
 * =================================================================================================================== */

/**
 * Creates a client with a copy of the configuration and stores it in *client. You own it. This reads the files that
 * api_key_file and ca_file name. It sends nothing yet.
 *
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the option: it is missing, its value is wrong, or its file
 * cannot be read.
 */
SMSP_MUST_USE
smsp_code smsp_client_new(const struct smsp_config *config,
                          struct smsp_client **client,
                          struct smsp_error **error);

/**
 * Creates a client from the default values and the environment and stores it in *client. You own it. This does the same
 * as smsp_config_new, smsp_config_load_env and smsp_client_new. Do not call it while another thread calls setenv.
 *
 * Returns SMSP_OK, or SMSP_E_CONFIG with an error that names the variable or option: it is missing, its value is wrong,
 * or its file cannot be read.
 */
SMSP_MUST_USE
smsp_code smsp_client_new_from_env(struct smsp_client **client,
                                   struct smsp_error **error);

/**
 * Stores a counter of a client in *value. Counters only grow: they start at 0 when the client is created. Their names
 * ("requests", "retries", "failures_timeout" and others) come from smsp_stat_name; docs/CONFIGURATION.md describes each.
 *
 * Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if a pointer is NULL or the counter does not exist; then *value has not
 * changed.
 */
smsp_code smsp_client_stat(const struct smsp_client *client,
                           const char *name,
                           uint64_t *value);

/**
 * Returns the name of the counter at this index, or NULL past the last: count from 0 to list all counters. The text is
 * static.
 */
const char *smsp_stat_name(size_t index);

/**
 * Frees a client. Does nothing if NULL. Returns at once, even if calls in other threads or operations still use the
 * client: they finish normally, and the last of them releases what they share.
 */
void smsp_client_free(struct smsp_client *client);

/**
 * Asks what became of count messages and waits for the answers. count may be any number: the library puts up to
 * SMSP_MAX_BATCH messages into a request, runs up to max_connections requests at a time, asks about a message that is in
 * the list twice only once, and retries by itself. queries may be NULL if count is 0. Set the option total_timeout_ms to
 * limit how long the call takes. Any number of threads may call this on the same client at the same time.
 *
 * The calling thread asks itself while a connection is free, and threads of the client ask beside it if the list needs
 * several requests. It needs up to 64 KiB of the stack. A signal handler may interrupt the call, but must return: do not
 * leave it by longjmp.
 *
 * *report receives a report with one status for each query, in the same order. You own it. There is a report whatever the
 * code is, with three exceptions: a pointer is NULL (SMSP_E_INVALID_ARGUMENT), there is no memory for a report
 * (SMSP_E_RESOURCE), or the library has a defect (SMSP_E_INTERNAL). Then *report is NULL.
 *
 * Returns
 *  - SMSP_OK if every query was answered, or count is 0;
 *  - SMSP_PARTIAL if some queries were answered. The others are UNANSWERED or INVALID;
 *  - a negative code if no query was answered.
 *
 * A query counts as answered, too, if the service does not know the message (NOT_FOUND) or refuses it (REJECTED). A query
 * is INVALID if one of its texts is NULL, is not UTF-8, or cannot be a phone number or a message id. It does not affect
 * the other queries. smsp_report_error says why a query is UNANSWERED or INVALID.
 *
 * *error is the error of the first request that failed, in the order of the queries. If no request failed, it names the
 * first INVALID query. If the service refuses a request because of one message in it, the library asks again about both
 * halves of the request, until only that message is refused.
 */
smsp_code smsp_multi_status(struct smsp_client *client,
                            const struct smsp_query *queries,
                            size_t count,
                            struct smsp_report **report,
                            struct smsp_error **error);

/* ===================================================================================================================
 * 9. Operations: calls in the background
 * =================================================================================================================== */

/**
 * Starts the same work as smsp_multi_status in the background, stores an operation in *operation, and returns at once. You
 * own the operation. The library copies the queries and their texts; queries may be NULL if count is 0. All operations and
 * calls of a client share its max_connections and take turns, request by request, so a short list does not wait until a
 * long one ends. Any number of threads may call this on the same client. The client may be freed before the operation.
 *
 * Returns SMSP_OK, or a negative code if nothing was started; then *operation is NULL: SMSP_E_INVALID_ARGUMENT for a NULL
 * pointer, SMSP_E_RESOURCE if the system has no memory, descriptor or thread left (smsp_multi_status works without a
 * thread), or SMSP_E_INTERNAL. smsp_operation_finish returns all other failures.
 */
SMSP_MUST_USE
smsp_code smsp_multi_status_start(struct smsp_client *client,
                                  const struct smsp_query *queries,
                                  size_t count,
                                  struct smsp_operation **operation,
                                  struct smsp_error **error);

/**
 * Waits until an operation is done, but no longer than timeout_ms milliseconds. 0 does not wait; a negative time waits
 * without a limit.
 *
 * Returns SMSP_OK if the operation is done, SMSP_PENDING if it is not, or SMSP_E_INVALID_ARGUMENT for NULL.
 */
smsp_code smsp_operation_wait(struct smsp_operation *operation,
                              int64_t timeout_ms);

/**
 * Stores in *total the number of queries, and in *done how many of them are answered or given up. INVALID queries count
 * from the start, duplicates together with the first of their kind. *done never decreases, and equals *total once the
 * operation is done. done and total may be NULL. Never waits.
 *
 * Returns SMSP_OK, or SMSP_E_INVALID_ARGUMENT if operation is NULL.
 */
smsp_code smsp_operation_progress(const struct smsp_operation *operation,
                                  size_t *done,
                                  size_t *total);

/**
 * Returns a descriptor that becomes readable when the operation is done and stays readable, for poll, select, epoll or an
 * event loop. On Windows it is a SOCKET: cast it, and use it with select or WSAPoll. Only wait for it; do not read, write
 * or close it. The first call creates it and later calls return the same one. It is valid until smsp_operation_free.
 *
 * Returns -1 if the descriptor cannot be created, for NULL, and in a child of fork().
 */
int32_t smsp_operation_fd(struct smsp_operation *operation);

/**
 * Cancels an operation and returns at once. Does nothing if NULL or if the operation is done. The operation is done within
 * 200 ms, whatever it waits for. Its report has all answers that came before; the other queries are UNANSWERED with code
 * SMSP_E_CANCELLED. This is async-signal-safe and keeps errno: you may call it from a signal handler, or from a console
 * handler on Windows.
 */
void smsp_operation_cancel(struct smsp_operation *operation);

/**
 * Waits until an operation is done, and returns its result once: the code, *report and *error that smsp_multi_status would
 * have returned. You own the report and the error. You still have to free the operation.
 *
 * A second call returns SMSP_E_INVALID_ARGUMENT and no report. A cancelled operation returns SMSP_OK if all queries were
 * answered before, SMSP_PARTIAL if some were, and otherwise SMSP_E_CANCELLED or the code of the first request that failed
 * before.
 */
smsp_code smsp_operation_finish(struct smsp_operation *operation,
                                struct smsp_report **report,
                                struct smsp_error **error);

/**
 * Frees an operation. Does nothing if NULL. If the operation is not done, this cancels it and waits until it is (not in a
 * child of fork() that inherited it).
 */
void smsp_operation_free(struct smsp_operation *operation);

/* ===================================================================================================================
 * 10. Queues: one wait for many operations
 * =================================================================================================================== */

/**
 * Creates an empty queue. You own it. It has one descriptor, and serves any number of operations of any clients.
 *
 * Returns NULL if the system has no descriptor or memory left for it.
 */
SMSP_MUST_USE
struct smsp_queue *smsp_queue_new(void);

/**
 * Has tag put into a queue once the operation is done, or at once if it is. A tag is any number that you choose: an index,
 * or the address of what belongs to the operation. Call this once for an operation, from any thread. The tag stays until
 * smsp_queue_wait hands it out, once, also if the operation is freed before. Whoever takes the tag may free the operation,
 * even if this call has not returned yet. If the queue is freed first, the operation tells nobody.
 *
 * Returns
 *  - SMSP_OK if the tag was put or will be. That cannot fail any more;
 *  - SMSP_E_INVALID_ARGUMENT if a pointer is NULL, or the operation was given a queue before;
 *  - SMSP_E_RESOURCE if there is no memory for the tag. You may try again;
 *  - SMSP_E_CANCELLED in a child of fork() that inherited the operation or the queue.
 */
SMSP_MUST_USE
smsp_code smsp_operation_notify(struct smsp_operation *operation,
                                struct smsp_queue *queue,
                                uint64_t tag);

/**
 * Waits until tags are in a queue, but no longer than timeout_ms milliseconds. 0 does not wait; a negative time waits
 * without a limit. Takes up to room tags, the oldest first, writes them to tags, and their number to *count. What does not
 * fit stays for the next wait. If several threads wait, each tag goes to one of them. The operation of a tag is done:
 * smsp_operation_finish returns at once.
 *
 * Returns
 *  - SMSP_OK with at least one tag;
 *  - SMSP_PENDING without a tag, if the time ran out or smsp_queue_wake ended the wait;
 *  - SMSP_E_INVALID_ARGUMENT if a pointer is NULL or room is 0;
 *  - SMSP_E_CANCELLED at once in a child of fork(), which cannot use a queue of its parent;
 *  - SMSP_E_RESOURCE if the system refuses to wait.
 *
 * *count is 0 if the code is not SMSP_OK.
 */
smsp_code smsp_queue_wait(struct smsp_queue *queue,
                          int64_t timeout_ms,
                          uint64_t *tags,
                          size_t room,
                          size_t *count);

/**
 * Returns a descriptor for poll, select, epoll or an event loop. It is readable while tags wait to be taken, or a
 * smsp_queue_wake that no wait has taken: then call smsp_queue_wait with a timeout_ms of 0, until it returns SMSP_PENDING
 * or the descriptor is no longer readable. On Windows it is a SOCKET: cast it, and use it with select or WSAPoll. Only wait
 * for it; do not read, write or close it. Each call returns the same descriptor. It is valid until smsp_queue_free.
 *
 * Returns -1 for NULL, and in a child of fork().
 */
int32_t smsp_queue_fd(struct smsp_queue *queue);

/**
 * Makes one smsp_queue_wait return SMSP_PENDING at once, also if tags wait: one that runs, or else the next. Each call
 * counts: two calls end two waits. Does nothing if NULL, and in a child of fork(). This is async-signal-safe and keeps
 * errno: you may call it from a signal handler, or from a console handler on Windows.
 */
void smsp_queue_wake(struct smsp_queue *queue);

/**
 * Frees a queue and the tags in it, and closes its descriptor. Does nothing if NULL. Operations that were to use it go on
 * and tell nobody. No smsp_queue_wait may run meanwhile: end them with smsp_queue_wake first.
 */
void smsp_queue_free(struct smsp_queue *queue);

/* ===================================================================================================================
 * 11. Reports
 * =================================================================================================================== */

/**
 * Returns the number of statuses, which is the number of queries; 0 for NULL.
 */
size_t smsp_report_count(const struct smsp_report *report);

/**
 * Returns the status of the query at this index, counted from 0, or NULL past the last. It belongs to the report.
 */
const struct smsp_status *smsp_report_get(const struct smsp_report *report,
                                          size_t index);

/**
 * Returns the distance in bytes from one status to the next, for bindings that read the array directly: the status at
 * index i is at (const char *)smsp_report_get(report, 0) + i * stride. Returns 0 for NULL.
 */
size_t smsp_report_stride(const struct smsp_report *report);

/**
 * Returns the number of statuses that have this state; 0 for an unknown state or NULL.
 */
size_t smsp_report_count_state(const struct smsp_report *report, smsp_state state);

/**
 * Returns the error that says why the query at this index is UNANSWERED or INVALID, or NULL if it is answered or the index
 * is too large. For UNANSWERED it is the error of the failed request. For INVALID it says which text is wrong and why, such
 * as "phone_number: a French number has nine digits after +33"; it does not quote the text. The error belongs to the
 * report: do not free it. Several queries may share one error.
 */
const struct smsp_error *smsp_report_error(const struct smsp_report *report,
                                           size_t index);

/**
 * Frees a report with its statuses, texts and errors. Does nothing if NULL.
 */
void smsp_report_free(struct smsp_report *report);

#ifdef __cplusplus
}
#endif

#endif /* SMSP_H */
