/* limits KIND FILE name=value…
 * The system has little left to give: a call answers SMSP_E_RESOURCE, or does its work with what there is, and the next
 * call with enough is answered. KIND is one of the tests below. */
#define _GNU_SOURCE
#include "expect.h"
#include "process.h"
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/resource.h>

static struct expectations all;
static smsp_client *client;

static void limit(int resource, rlim_t value)
{
    struct rlimit now;

    getrlimit(resource, &now);
    now.rlim_cur = value;
    if (setrlimit(resource, &now) != 0)
        check_fatal("setrlimit", NULL);
}

/* Asks for everything, which must be answered. */
static void ask(void)
{
    smsp_report *report = NULL;
    smsp_error *error = check_poison();

    CHECK_CODE(smsp_multi_status(client, all.queries, all.count, &report, &error), &error, SMSP_OK);
    CHECK_INT(expectations_differ(&all, report, 0, all.count), 0);
    smsp_report_free(report);
}

/* Asks for everything, which may be answered in full, in part or not at all; what is not has RESOURCE for a reason. */
static int32_t ask_little(void)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    int32_t code = smsp_multi_status(client, all.queries, all.count, &report, &error);
    size_t i;

    for (i = 0; i < smsp_report_count(report); ++i) {
        const smsp_status *status = smsp_report_get(report, i);
        if (status->code == SMSP_E_RESOURCE)
            CHECK_INT(status->state, SMSP_STATE_UNANSWERED);
        else
            CHECK(expect_same(status, &all.statuses[i]));
    }
    if (code == SMSP_OK)
        CHECK(error == NULL && smsp_report_count(report) == all.count);
    else
        CHECK_INT(smsp_error_code(error), SMSP_E_RESOURCE);
    if (code != SMSP_OK && code != SMSP_PARTIAL)
        CHECK_INT(code, SMSP_E_RESOURCE);
    smsp_error_free(error);
    smsp_report_free(report);
    return code;
}

/* No descriptor, then one more at a time. */
static void descriptors(void)
{
    struct rlimit before;
    int next, left;
    int32_t code = SMSP_E_INTERNAL;

    getrlimit(RLIMIT_NOFILE, &before);
    next = dup(0);
    close(next);
    for (left = 0; left <= 64; left = left < 8 ? left + 1 : left * 2) {
        limit(RLIMIT_NOFILE, (rlim_t)(next + left));
        code = ask_little();
        CHECK(left > 0 || code == SMSP_E_RESOURCE);
    }
    CHECK_INT(code, SMSP_OK);
    limit(RLIMIT_NOFILE, before.rlim_cur);
    ask();
}

static void *nothing(void *context)
{
    return context;
}

/* No thread: the limit counts those of a user, and does not hold for root. */
static void threads(void)
{
    pthread_t thread;

    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        check_fatal("setuid", NULL);
    limit(RLIMIT_NPROC, 1);
    CHECK(pthread_create(&thread, NULL, nothing, NULL) != 0);
    ask();
    ask();
}

/* Counts that no memory is enough for. The list is far shorter: it may not be read before the memory is there. */
static void counts(void)
{
    static const size_t absurd[]
        = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 16, SIZE_MAX / 16 - 1, (size_t)1 << 40, (size_t)1 << 32,
           ((size_t)1 << 32) - 1, (size_t)1 << 31, (size_t)1 << 28};
    smsp_report *report;
    smsp_error *error = check_poison();
    size_t i;

    limit(RLIMIT_AS, (rlim_t)4 << 30);
    for (i = 0; i < sizeof absurd / sizeof *absurd; ++i) {
        report = check_poison();
        CHECK_FAILS(smsp_multi_status(client, all.queries, absurd[i], &report, &error), &error, SMSP_E_RESOURCE,
                    "memory", NULL);
        CHECK(report == NULL);
        report = check_poison();
        CHECK_CODE(smsp_multi_status(client, NULL, absurd[i], &report, &error), &error, SMSP_E_INVALID_ARGUMENT);
        CHECK(report == NULL);
    }
    ask();
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } kinds[] = {{"descriptors", descriptors}, {"threads", threads}, {"counts", counts}};
    size_t i;
    int found = 0;

    if (argc < 3)
        check_fatal("usage: limits KIND FILE name=value…", NULL);
    all = expectations_read(argv[2]);
    client = client_from(argc, argv, 3);
    for (i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            kinds[i].run();
            ++found;
        }
    }
    CHECK_INT(found, 1);
    smsp_client_free(client);
    expectations_free(&all);
    return check_result();
}
