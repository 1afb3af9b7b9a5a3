/* The structs of the header as the C compiler lays them out. */
#include <smsp.h>
#include <stdio.h>

#define FIELD(type, name) printf(#name " %lu\n", (unsigned long)offsetof(type, name))

int main(void)
{
    printf("query %lu\n", (unsigned long)sizeof(smsp_query));
    FIELD(smsp_query, phone_number);
    FIELD(smsp_query, message_id);
    printf("status %lu\n", (unsigned long)sizeof(smsp_status));
    FIELD(smsp_status, phone_number);
    FIELD(smsp_status, message_id);
    FIELD(smsp_status, status_text);
    FIELD(smsp_status, date_text);
    FIELD(smsp_status, date);
    FIELD(smsp_status, state);
    FIELD(smsp_status, code);
    FIELD(smsp_status, api_code);
    FIELD(smsp_status, stop_sms);
    FIELD(smsp_status, is_spam);
    FIELD(smsp_status, index);
    return 0;
}
