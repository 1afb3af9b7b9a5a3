/* Queries and the statuses expected for them, read from a file that the harness wrote. One line for each query,
 * of fields parted by tabs, "-" where there is no text or date:
 * phone, id, state, code, api_code, date, date_text, status_text, stop_sms, is_spam */
#ifndef EXPECT_H
#define EXPECT_H

#include "check.h"

struct expectations {
    size_t count;
    smsp_query *queries;
    smsp_status *statuses;
    char *text;
};

static inline char *expect_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text;
    long size = 0;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0)
        check_fatal(path, NULL);
    text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size)
        check_fatal(path, NULL);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* The next field of a line, which it ends; moves the cursor behind it. */
static inline char *expect_field(char **cursor)
{
    char *field = *cursor;
    char *end = field + strcspn(field, "\t\n");

    if (*end == '\0')
        check_fatal("a line of the expectations is short", NULL);
    *end = '\0';
    *cursor = end + 1;
    return field;
}

static inline const char *expect_optional(char **cursor)
{
    const char *field = expect_field(cursor);
    return strcmp(field, "-") == 0 ? NULL : field;
}

static inline int32_t expect_number(char **cursor)
{
    return (int32_t)strtol(expect_field(cursor), NULL, 10);
}

static inline smsp_status expect_line(char **cursor)
{
    smsp_status status;
    const char *date;

    status.phone_number = expect_field(cursor);
    status.message_id = expect_field(cursor);
    status.state = expect_number(cursor);
    status.code = expect_number(cursor);
    status.api_code = expect_number(cursor);
    date = expect_optional(cursor);
    status.date = date == NULL ? SMSP_NO_DATE : (int64_t)strtoll(date, NULL, 10);
    status.date_text = expect_optional(cursor);
    status.status_text = expect_optional(cursor);
    status.stop_sms = expect_number(cursor);
    status.is_spam = expect_number(cursor);
    return status;
}

static inline struct expectations expectations_read(const char *path)
{
    struct expectations all = {0, NULL, NULL, NULL};
    char *cursor;
    size_t i;

    all.text = expect_text(path);
    for (cursor = all.text; *cursor != '\0'; ++cursor)
        all.count += *cursor == '\n';
    all.queries = malloc((all.count + 1) * sizeof *all.queries);
    all.statuses = malloc((all.count + 1) * sizeof *all.statuses);
    if (all.queries == NULL || all.statuses == NULL)
        check_fatal("no memory for the expectations", NULL);
    for (i = 0, cursor = all.text; i < all.count; ++i) {
        all.statuses[i] = expect_line(&cursor);
        all.queries[i].phone_number = all.statuses[i].phone_number;
        all.queries[i].message_id = all.statuses[i].message_id;
    }
    return all;
}

static inline void expectations_free(struct expectations *all)
{
    free(all->queries);
    free(all->statuses);
    free(all->text);
}

static inline int expect_same(const smsp_status *actual, const smsp_status *expected)
{
    return check_same(actual->phone_number, expected->phone_number)
        && check_same(actual->message_id, expected->message_id)
        && check_same(actual->status_text, expected->status_text)
        && check_same(actual->date_text, expected->date_text) && actual->date == expected->date
        && actual->state == expected->state && actual->code == expected->code
        && actual->api_code == expected->api_code && actual->stop_sms == expected->stop_sms
        && actual->is_spam == expected->is_spam;
}

static inline void expect_print(const char *who, const smsp_status *status)
{
    if (status == NULL) {
        fprintf(stderr, "    %s no row\n", who);
        return;
    }
    fprintf(stderr, "    %s %s %s %s %s api=%d date=%lld date_text=%s text=%s stop=%d spam=%d\n", who,
            check_shown(status->phone_number), check_shown(status->message_id), smsp_state_name(status->state),
            smsp_code_name(status->code), (int)status->api_code, (long long)status->date,
            check_shown(status->date_text), check_shown(status->status_text), (int)status->stop_sms,
            (int)status->is_spam);
}

/* How many rows from `first` on differ from the report's. Prints the first ten of them. Counts no failed check
 * itself, so that any thread may call it. */
static inline size_t expectations_differ(const struct expectations *all, const smsp_report *report, size_t first,
                                         size_t count)
{
    size_t i, differ = 0;

    for (i = 0; i < count; ++i) {
        const smsp_status *actual = smsp_report_get(report, i);
        if (actual != NULL && expect_same(actual, &all->statuses[first + i]))
            continue;
        if (differ++ < 10) {
            fprintf(stderr, "  row %lu:\n", (unsigned long)i);
            expect_print("is      ", actual);
            expect_print("expected", &all->statuses[first + i]);
        }
    }
    return differ;
}

#endif
