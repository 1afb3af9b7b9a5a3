/* The version, and the names of codes and states. */
#include "check.h"

static const struct {
    int32_t code;
    int value;
    const char *name;
} codes[] = {
    {SMSP_OK, 0, "SMSP_OK"},
    {SMSP_PARTIAL, 1, "SMSP_PARTIAL"},
    {SMSP_PENDING, 2, "SMSP_PENDING"},
    {SMSP_E_INVALID_ARGUMENT, -1, "SMSP_E_INVALID_ARGUMENT"},
    {SMSP_E_CONFIG, -2, "SMSP_E_CONFIG"},
    {SMSP_E_CONNECT, -3, "SMSP_E_CONNECT"},
    {SMSP_E_TLS, -4, "SMSP_E_TLS"},
    {SMSP_E_TIMEOUT, -5, "SMSP_E_TIMEOUT"},
    {SMSP_E_CANCELLED, -6, "SMSP_E_CANCELLED"},
    {SMSP_E_HTTP, -7, "SMSP_E_HTTP"},
    {SMSP_E_PROTOCOL, -8, "SMSP_E_PROTOCOL"},
    {SMSP_E_AUTH, -9, "SMSP_E_AUTH"},
    {SMSP_E_DENIED, -10, "SMSP_E_DENIED"},
    {SMSP_E_RATE_LIMITED, -11, "SMSP_E_RATE_LIMITED"},
    {SMSP_E_API, -12, "SMSP_E_API"},
    {SMSP_E_RESOURCE, -13, "SMSP_E_RESOURCE"},
    {SMSP_E_INTERNAL, -99, "SMSP_E_INTERNAL"},
};

static const struct {
    int32_t state;
    const char *name;
    int is_final;
} states[] = {
    {SMSP_STATE_UNANSWERED, "unanswered", 0},
    {SMSP_STATE_DELIVERED, "delivered", 1},
    {SMSP_STATE_NOT_DELIVERED, "not_delivered", 1},
    {SMSP_STATE_WAITING, "waiting", 0},
    {SMSP_STATE_NOT_FOUND, "not_found", 0},
    {SMSP_STATE_NOT_SENT, "not_sent", 1},
    {SMSP_STATE_REJECTED, "rejected", 0},
    {SMSP_STATE_INVALID, "invalid", 1},
    {SMSP_STATE_UNKNOWN, "unknown", 0},
};

static void check_codes(void)
{
    int32_t value;
    size_t i;

    for (value = -200; value <= 200; ++value) {
        const char *expected = "?";
        for (i = 0; i < sizeof codes / sizeof *codes; ++i)
            if (codes[i].value == value)
                expected = codes[i].name;
        CHECK_STR(smsp_code_name(value), expected);
    }
    for (i = 0; i < sizeof codes / sizeof *codes; ++i)
        CHECK_INT(codes[i].code, codes[i].value);
    CHECK_STR(smsp_code_name(INT32_MIN), "?");
    CHECK_STR(smsp_code_name(INT32_MAX), "?");
}

static void check_states(void)
{
    int32_t value;

    for (value = 0; value < (int32_t)(sizeof states / sizeof *states); ++value) {
        CHECK_INT(states[value].state, value);
        CHECK_STR(smsp_state_name(value), states[value].name);
        CHECK_INT(smsp_state_is_final(value), states[value].is_final);
    }
    for (; value <= 200; ++value) {
        CHECK_STR(smsp_state_name(value), "?");
        CHECK_INT(smsp_state_is_final(value), 0);
        CHECK_STR(smsp_state_name(-value), "?");
        CHECK_INT(smsp_state_is_final(-value), 0);
    }
    CHECK_STR(smsp_state_name(-1), "?");
    CHECK_INT(smsp_state_is_final(-1), 0);
    CHECK_STR(smsp_state_name(INT32_MIN), "?");
    CHECK_STR(smsp_state_name(INT32_MAX), "?");
    CHECK_INT(smsp_state_is_final(INT32_MIN), 0);
    CHECK_INT(smsp_state_is_final(INT32_MAX), 0);
}

static void check_version(void)
{
    char built[64];

    snprintf(built, sizeof built, "%d.%d.%d", SMSP_VERSION_MAJOR, SMSP_VERSION_MINOR, SMSP_VERSION_PATCH);
    CHECK_STR(SMSP_VERSION, built);
    CHECK_STR(smsp_version(), SMSP_VERSION);
}

int main(void)
{
    check_codes();
    check_states();
    check_version();
    CHECK_INT(SMSP_MAX_BATCH, 500);
    CHECK_INT(SMSP_NO_DATE, INT64_MIN);
    return check_result();
}
