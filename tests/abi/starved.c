/* starved HOW BYTES COUNT name=value…
 * Each allocation of at least BYTES that a call for COUNT messages makes is refused in turn: alone, and with all that
 * follow. The call comes to what it comes to otherwise, or lacks memory, for all or for some; nothing that is told is
 * wrong; and the same client answers in full afterwards. HOW is call, operation, or warm: a call whose client has
 * made the same call before. Prints how many allocations there were. */
#define _GNU_SOURCE
#include "expect.h"
#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static size_t threshold;
static long to_refuse; /* 0 is none, 1 the next */
static int and_all_after;
static long refused;

static int is_refused(size_t size)
{
    if (size < threshold || __atomic_load_n(&to_refuse, __ATOMIC_SEQ_CST) <= 0)
        return 0;
    /* The one to refuse leaves 1 where all that follow are refused too. */
    if (__atomic_fetch_sub(&to_refuse, 1, __ATOMIC_SEQ_CST) > 1)
        return 0;
    if (and_all_after)
        __atomic_store_n(&to_refuse, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    errno = ENOMEM;
    return 1;
}

/* These stand in front of the system's, for the library too. */
void *malloc(size_t size)
{
    return is_refused(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused(count * size) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused(size) ? NULL : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_refused(size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (is_refused(size))
        return ENOMEM;
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

/* What a call came to. */
struct outcome {
    int32_t code;
    smsp_report *report;
    smsp_error *error;
};

static smsp_query *queries;
static size_t count;
static const char *how;

/* Neither numbers nor ids ascend, so duplicates are looked for in a table; some are there, and some are no number. */
static void make_queries(void)
{
    static const size_t room = 32;
    char *texts = malloc(2 * room * (count + 1));
    size_t i;

    queries = malloc((count + 1) * sizeof *queries);
    if (queries == NULL || texts == NULL)
        check_fatal("no memory for the queries", NULL);
    for (i = 0; i < count; ++i) {
        const size_t message = (i % 10 == 9 ? i - 1 : i) ^ 1;
        char *phone = texts + 2 * room * i;
        char *id = phone + room;
        snprintf(phone, room, i % 97 == 96 ? "no number" : "+336%08lu", (unsigned long)message);
        snprintf(id, room, "%lu", (unsigned long)(1000 + message));
        queries[i].phone_number = phone;
        queries[i].message_id = id;
    }
}

static struct outcome ask(smsp_client *client)
{
    struct outcome outcome = {0, NULL, NULL};
    smsp_operation *operation = NULL;
    size_t done = 0, total = 0;

    if (strcmp(how, "operation") != 0) {
        outcome.code = smsp_multi_status(client, queries, count, &outcome.report, &outcome.error);
        return outcome;
    }
    outcome.code = smsp_multi_status_start(client, queries, count, &operation, &outcome.error);
    if (outcome.code == SMSP_OK) {
        CHECK_INT(smsp_operation_wait(operation, -1), SMSP_OK);
        CHECK_INT(smsp_operation_progress(operation, &done, &total), SMSP_OK);
        CHECK(done == count && total == count);
        outcome.code = smsp_operation_finish(operation, &outcome.report, &outcome.error);
    } else {
        CHECK_INT(outcome.code, SMSP_E_RESOURCE);
    }
    smsp_operation_free(operation);
    return outcome;
}

static void outcome_free(struct outcome outcome)
{
    smsp_error_free(outcome.error);
    smsp_report_free(outcome.report);
}

/* A row that lacks memory tells nothing but that. */
static int is_without_memory(const smsp_status *status, const smsp_status *expected)
{
    return status->code == SMSP_E_RESOURCE && status->state == SMSP_STATE_UNANSWERED && status->status_text == NULL
        && status->date_text == NULL && status->date == SMSP_NO_DATE && status->stop_sms == -1 && status->is_spam == -1
        && check_same(status->phone_number, expected->phone_number)
        && check_same(status->message_id, expected->message_id);
}

static void check_report(const smsp_report *report, const smsp_report *expected)
{
    size_t i, wrong = 0, of_states = 0;
    int32_t state;

    CHECK(smsp_report_count(report) == count);
    for (i = 0; i < count && wrong < 3; ++i) {
        const smsp_status *is = smsp_report_get(report, i), *other = smsp_report_get(expected, i);
        const smsp_error *error = smsp_report_error(report, i);
        const int is_answered = is->state != SMSP_STATE_UNANSWERED && is->state != SMSP_STATE_INVALID;
        const int32_t code = smsp_error_code(error);
        if ((expect_same(is, other) || is_without_memory(is, other)) && (error == NULL) == is_answered
            && (is_answered || code == is->code || code == SMSP_E_RESOURCE)
            && (is->status_text == NULL || strlen(is->status_text) <= 1024))
            continue;
        expect_print("is      ", is);
        expect_print("expected", other);
        fprintf(stderr, "    and its error is %s\n", check_shown(smsp_error_message(error)));
        ++wrong;
    }
    CHECK_INT(wrong, 0);
    for (state = SMSP_STATE_UNANSWERED; state <= SMSP_STATE_UNKNOWN; ++state)
        of_states += smsp_report_count_state(report, state);
    CHECK(of_states == count);
}

/* In a child, since an allocation that cannot fail ends the process: 0 if there was no nth one. */
static int call_without(long nth, struct outcome expected, smsp_client *client)
{
    struct outcome outcome;
    uint64_t requests;

    *check_failures() = 0; /* the parent's are its own */
    if (strcmp(how, "warm") == 0)
        outcome_free(ask(client));
    requests = counter(client, "requests");
    __atomic_store_n(&to_refuse, nth, __ATOMIC_SEQ_CST);
    outcome = ask(client);
    __atomic_store_n(&to_refuse, 0, __ATOMIC_SEQ_CST);
    CHECK(outcome.code == expected.code || outcome.code == SMSP_E_RESOURCE || outcome.code == SMSP_PARTIAL);
    CHECK((outcome.error == NULL) == (outcome.code == SMSP_OK));
    /* Without a report nothing was asked. */
    if (outcome.report != NULL)
        check_report(outcome.report, expected.report);
    else
        CHECK(outcome.code == SMSP_E_RESOURCE && counter(client, "requests") == requests);
    if (*check_failures() != 0)
        fprintf(stderr, "  %s: %s\n", smsp_code_name(outcome.code), check_shown(smsp_error_message(outcome.error)));
    outcome_free(outcome);
    outcome = ask(client);
    CHECK_INT(outcome.code, expected.code);
    CHECK_STR(smsp_error_message(outcome.error), smsp_error_message(expected.error));
    check_report(outcome.report, expected.report);
    CHECK(smsp_report_count_state(outcome.report, SMSP_STATE_UNANSWERED)
          == smsp_report_count_state(expected.report, SMSP_STATE_UNANSWERED));
    outcome_free(outcome);
    return refused != 0;
}

int main(int argc, char **argv)
{
    struct outcome expected;
    smsp_client *client;
    long nth = 1;
    int status, more = 1;

    if (argc < 4)
        check_fatal("usage: starved HOW BYTES COUNT name=value…", NULL);
    how = argv[1];
    threshold = (size_t)strtol(argv[2], NULL, 10);
    count = (size_t)strtol(argv[3], NULL, 10);
    make_queries();
    client = client_from(argc, argv, 4);
    expected = ask(client);
    smsp_client_free(client);
    client = client_from(argc, argv, 4);
    for (and_all_after = 0; and_all_after < 2; ++and_all_after) {
        for (nth = 1, more = 1; more; ++nth) {
            pid_t child = fork();
            if (child < 0)
                check_fatal("fork", NULL);
            if (child == 0) {
                more = call_without(nth, expected, client);
                _exit(*check_failures() != 0 ? 2 : more);
            }
            CHECK_INT(waitpid(child, &status, 0), child);
            more = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
            if (more && (!WIFEXITED(status) || WEXITSTATUS(status) != 1)) {
                fprintf(stderr, "without allocation %ld of %lu bytes or more%s: status %d\n", nth,
                        (unsigned long)threshold, and_all_after ? ", and all that follow" : "", status);
                CHECK_INT(status, 1 << 8);
            }
        }
    }
    printf("%ld\n", nth - 2);
    smsp_client_free(client);
    outcome_free(expected);
    free((char *)queries[0].phone_number);
    free(queries);
    return check_result();
}
