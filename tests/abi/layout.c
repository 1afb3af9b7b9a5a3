/* The two structs, byte for byte, and the widths of what crosses the boundary. */
#include "check.h"

#define CHECK_FIELD(type, field, offset, width)      \
    do {                                             \
        CHECK_INT(offsetof(type, field), offset);    \
        CHECK_INT(sizeof((type *)0)->field, width);  \
    } while (0)

int main(void)
{
    const size_t pointer = sizeof(void *);
    const size_t numbers = 4 * pointer; /* a multiple of 8 on every platform */

    CHECK_INT(sizeof(smsp_code), 4);
    CHECK_INT((smsp_code)-1, -1);

    CHECK_FIELD(smsp_query, phone_number, 0, pointer);
    CHECK_FIELD(smsp_query, message_id, pointer, pointer);
    CHECK_INT(sizeof(smsp_query), 2 * pointer);

    CHECK_FIELD(smsp_status, phone_number, 0, pointer);
    CHECK_FIELD(smsp_status, message_id, pointer, pointer);
    CHECK_FIELD(smsp_status, status_text, 2 * pointer, pointer);
    CHECK_FIELD(smsp_status, date_text, 3 * pointer, pointer);
    CHECK_FIELD(smsp_status, date, numbers, 8);
    CHECK_FIELD(smsp_status, state, numbers + 8, 4);
    CHECK_FIELD(smsp_status, code, numbers + 12, 4);
    CHECK_FIELD(smsp_status, api_code, numbers + 16, 4);
    CHECK_FIELD(smsp_status, stop_sms, numbers + 20, 4);
    CHECK_FIELD(smsp_status, is_spam, numbers + 24, 4);
    CHECK(sizeof(smsp_status) >= numbers + 28);
    if (pointer == 8)
        CHECK_INT(sizeof(smsp_status), 64);
    return check_result();
}
