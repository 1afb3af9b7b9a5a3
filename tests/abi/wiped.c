/* wiped KEY FILE name=value…
 * Once all handles are freed, nothing is left of the API key in the memory of the program. Every byte of KEY is written
 * with its bits turned, as hexadecimal digits, so that this program holds no copy that it does not know of. FILE holds
 * the key itself, for api_key_file. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <unistd.h>

#define MAX_KEY 128
#define CHUNK 65536

/* The part of the key that is looked for: characters that are the same in every encoding, and not its start, which is
 * overwritten when its memory is freed. */
#define FIRST 24
#define PART 24

/* The key with its bits turned. */
static unsigned char turned[MAX_KEY];
static size_t length;

/* A part of the memory, while it is looked at. It is not looked at itself. */
static unsigned char window[CHUNK];

static void read_key(const char *digits)
{
    unsigned byte;

    for (length = 0; length < MAX_KEY && sscanf(digits + 2 * length, "%2x", &byte) == 1; ++length)
        turned[length] = (unsigned char)byte;
    if (length < FIRST + PART)
        check_fatal("a longer key is needed", NULL);
}

static int is_key(const unsigned char *memory)
{
    size_t i;

    for (i = 0; i < PART; ++i)
        if (memory[i] != (unsigned char)~turned[FIRST + i])
            return 0;
    return 1;
}

static size_t copies_between(int memory, uintptr_t start, uintptr_t end)
{
    size_t copies = 0;

    while (start < end) {
        size_t wanted = end - start < sizeof window ? end - start : sizeof window;
        ssize_t got = pread(memory, window, wanted, (off_t)start);
        ssize_t i;
        if (got <= 0)
            break;
        for (i = 0; i + PART <= got; ++i)
            copies += (size_t)is_key(window + i);
        if ((size_t)got < sizeof window)
            break;
        start += (uintptr_t)got - PART + 1;
    }
    return copies;
}

/* How often the key stands in memory that this program can write. */
static size_t copies_of_key(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    uintptr_t own = (uintptr_t)window, start, end;
    size_t copies = 0;
    char line[512], rights[5];

    if (maps == NULL || memory < 0)
        check_fatal("/proc/self", NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, rights) != 3 || rights[1] != 'w')
            continue;
        if (start <= own && own < end) {
            copies += copies_between(memory, start, own);
            start = own + sizeof window;
        }
        copies += copies_between(memory, start, end);
    }
    close(memory);
    fclose(maps);
    return copies;
}

static void wipe(volatile char *text, size_t size)
{
    while (size > 0)
        text[--size] = '\0';
}

/* Gives the configuration the key, and keeps none. */
static void set_key(smsp_config *config)
{
    char key[MAX_KEY + 1] = "";
    size_t i;

    for (i = 0; i < length; ++i)
        key[i] = (char)~turned[i];
    CHECK_INT(smsp_config_set(config, "api_key", key, NULL), SMSP_OK);
    wipe(key, sizeof key);
}

/* Makes and frees all there is, with so many calls in between. */
static void use_client(int argc, char **argv, const char *file, int calls)
{
    static const smsp_query queries[] = {{"+33612345678", "1"}, {"+33612345678", "msg-2"}, {"+33612345678", "3"}};
    smsp_config *config = config_from(argc, argv, 3);
    smsp_client *client = NULL;
    smsp_error *error = check_poison();
    int i;

    if (file == NULL)
        set_key(config);
    else
        CHECK_INT(smsp_config_set(config, "api_key_file", file, NULL), SMSP_OK);
    CHECK_CODE(smsp_client_new(config, &client, &error), &error, SMSP_OK);
    CHECK(copies_of_key() > 0);
    smsp_config_free(config);
    for (i = 0; i < calls; ++i) {
        smsp_report *report = NULL;
        CHECK_CODE(smsp_multi_status(client, queries, 1 + (size_t)i % 3, &report, &error), &error, SMSP_OK);
        smsp_report_free(report);
    }
    smsp_client_free(client);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        check_fatal("usage: wiped KEY FILE name=value…", NULL);
    read_key(argv[1]);
    CHECK_INT(copies_of_key(), 0);
    use_client(argc, argv, NULL, 0);
    CHECK_INT(copies_of_key(), 0);
    use_client(argc, argv, argv[2], 0);
    CHECK_INT(copies_of_key(), 0);
    use_client(argc, argv, NULL, 6);
    CHECK_INT(copies_of_key(), 0);
    return check_result();
}
