/* report name=value…
 * How a report is read: by index, by stride, by state, and after its client is gone. */
#include "check.h"
#include <stddef.h>

#define COUNT 5

/* int64_t begins at multiples of 8, or of 4 on some systems of 32 bits. */
struct aligned {
    char before;
    int64_t number;
};

int main(int argc, char **argv)
{
    const smsp_query queries[COUNT] = {
        {"+33600000001", "1"}, {"+33600000002", "2"}, {"not a number", "3"}, {"+33600000004", "4"}, {"+33600000005", "5"},
    };
    smsp_client *client = client_from(argc, argv, 1);
    smsp_report *report = NULL, *empty = NULL;
    smsp_error *error = check_poison();
    const char *base;
    size_t i, stride, total = 0;
    int32_t state;

    CHECK_INT(smsp_multi_status(client, queries, COUNT, &report, NULL), SMSP_PARTIAL);
    CHECK_CODE(smsp_multi_status(client, queries, 0, &empty, &error), &error, SMSP_OK);
    smsp_client_free(client);

    CHECK_INT(smsp_report_count(report), COUNT);
    stride = smsp_report_stride(report);
    CHECK(stride >= sizeof(smsp_status));
    CHECK_INT(stride % offsetof(struct aligned, number), 0);
    base = (const char *)smsp_report_get(report, 0);
    for (i = 0; i < COUNT; ++i) {
        const smsp_status *row = smsp_report_get(report, i);
        CHECK((const char *)row == base + i * stride);
        CHECK(smsp_report_get(report, i) == row);
        CHECK_STR(row->phone_number, queries[i].phone_number);
        CHECK_STR(row->message_id, queries[i].message_id);
        CHECK_INT(row->index, i);
        CHECK((smsp_report_error(report, i) != NULL) == (i == 2));
    }
    CHECK_INT(smsp_error_code(smsp_report_error(report, 2)), SMSP_E_INVALID_ARGUMENT);
    CHECK_STR(smsp_error_message(smsp_report_error(report, 2)), "phone_number: this is not a phone number");
    smsp_error_free((smsp_error *)smsp_report_error(report, 2));
    CHECK_STR(smsp_error_message(smsp_report_error(report, 2)), "phone_number: this is not a phone number");
    CHECK(smsp_report_error(report, COUNT) == NULL);
    CHECK(smsp_report_error(report, SIZE_MAX) == NULL);
    CHECK(smsp_report_get(report, COUNT) == NULL);
    CHECK(smsp_report_get(report, SIZE_MAX) == NULL);
    CHECK(smsp_report_get(report, SIZE_MAX / stride + 1) == NULL);

    for (state = SMSP_STATE_UNANSWERED; state <= SMSP_STATE_UNKNOWN; ++state)
        total += smsp_report_count_state(report, state);
    CHECK_INT(total, COUNT);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_INVALID), 1);
    CHECK_INT(smsp_report_count_state(report, -1), 0);
    CHECK_INT(smsp_report_count_state(report, SMSP_STATE_UNKNOWN + 1), 0);
    CHECK_INT(smsp_report_count_state(report, INT32_MIN), 0);
    CHECK_INT(smsp_report_count_state(report, INT32_MAX), 0);

    CHECK_INT(smsp_report_count(empty), 0);
    CHECK(smsp_report_get(empty, 0) == NULL);
    CHECK_INT(smsp_report_stride(empty), stride);
    CHECK_INT(smsp_report_count_state(empty, SMSP_STATE_UNANSWERED), 0);
    smsp_report_free(empty);
    smsp_report_free(report);
    return check_result();
}
