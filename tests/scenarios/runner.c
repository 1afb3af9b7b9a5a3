/* runner SCENARIO BASE_URL [CA_FILE]
 * Does what a scenario says and prints canonical lines: README.md. This one defines what the others must print. */
#define _POSIX_C_SOURCE 200809L
#include <smsp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096, MOST_WORDS = 4, MOST_QUERIES = 2000 };

static const char *base_url, *ca_file;
static smsp_config *config;
static smsp_client *client;
static smsp_operation *operation;
static smsp_query queries[MOST_QUERIES];
static size_t count;

static void not_understood(const char *what)
{
    fprintf(stderr, "not understood: %s\n", what);
    exit(2);
}

static char *copied(const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy == NULL)
        not_understood("no memory");
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* The text that a word stands for, NULL for none; the caller frees it. */
static char *text_of(const char *word)
{
    char *text, *end, digits[3] = "";

    if (strcmp(word, "-") == 0)
        return NULL;
    if (strcmp(word, "%") == 0)
        return copied("", 0);
    for (text = end = copied(word, strlen(word)); *word != '\0'; ++end) {
        if (*word != '%') {
            *end = *word++;
        } else {
            memcpy(digits, word + 1, 2);
            *end = (char)strtol(digits, NULL, 16);
            word += 3;
        }
    }
    *end = '\0';
    return text;
}

static void print_text(const char *text)
{
    putchar(' ');
    if (text == NULL)
        putchar('-');
    else if (*text == '\0')
        putchar('%');
    else if (strcmp(text, "-") == 0)
        fputs("%2D", stdout);
    else
        for (; *text != '\0'; ++text)
            if (*text > ' ' && *text <= '~' && *text != '%')
                putchar(*text);
            else
                printf("%%%02X", (unsigned)(unsigned char)*text);
}

static void print_error(const smsp_error *error)
{
    printf(" %s %d %d %d %s", smsp_code_name(smsp_error_code(error)), (int)smsp_error_api_code(error),
           (int)smsp_error_http_status(error), (int)smsp_error_is_retryable(error), smsp_error_message(error));
}

/* Prints a result, and ends the error. */
static void print_result(const char *what, smsp_code code, smsp_error *error)
{
    printf("%s %s", what, smsp_code_name(code));
    if (error != NULL)
        print_error(error);
    putchar('\n');
    smsp_error_free(error);
}

static void print_flag(int32_t flag)
{
    fputs(flag < 0 ? " -" : flag == 0 ? " 0" : " 1", stdout);
}

static void print_status(const smsp_status *row, const smsp_error *error)
{
    printf("status %lu", (unsigned long)row->index);
    print_text(row->phone_number);
    print_text(row->message_id);
    printf(" %s %s %d", smsp_state_name(row->state), smsp_code_name(row->code), (int)row->api_code);
    if (row->date == SMSP_NO_DATE)
        fputs(" -", stdout);
    else
        printf(" %lld", (long long)row->date);
    print_flag(row->stop_sms);
    print_flag(row->is_spam);
    print_text(row->date_text);
    print_text(row->status_text);
    if (error != NULL) {
        fputs("\nerror", stdout);
        print_error(error);
    }
    putchar('\n');
}

/* Prints a report, and ends it. */
static void print_report(smsp_report *report)
{
    size_t i;
    smsp_state state;

    if (report == NULL) {
        puts("report -");
        return;
    }
    printf("report %lu", (unsigned long)smsp_report_count(report));
    for (state = 0; strcmp(smsp_state_name(state), "?") != 0; ++state)
        if (smsp_report_count_state(report, state) > 0)
            printf(" %s %lu", smsp_state_name(state), (unsigned long)smsp_report_count_state(report, state));
    putchar('\n');
    for (i = 0; i < smsp_report_count(report); ++i) {
        const char *first = (const char *)smsp_report_get(report, 0);
        const smsp_status *row = smsp_report_get(report, i);
        if ((const char *)row != first + i * smsp_report_stride(report))
            not_understood("the stride of the report");
        print_status(row, smsp_report_error(report, i));
    }
    smsp_report_free(report);
}

static void print_named(const char *what, const char *name, const char *text)
{
    printf("%s %s", what, name);
    print_text(text);
    putchar('\n');
}

static void list(const char *what)
{
    int number;
    size_t i;

    if (strcmp(what, "codes") == 0) {
        for (number = -100; number <= 100; ++number)
            if (strcmp(smsp_code_name(number), "?") != 0)
                printf("code %d %s\n", number, smsp_code_name(number));
    } else if (strcmp(what, "states") == 0) {
        for (number = -1; number <= 100; ++number)
            if (strcmp(smsp_state_name(number), "?") != 0)
                printf("state %d %s %s\n", number, smsp_state_name(number),
                       smsp_state_is_final(number) ? "final" : "open");
    } else if (strcmp(what, "options") == 0) {
        for (i = 0; smsp_option_name(i) != NULL; ++i)
            print_named("option", smsp_option_name(i), smsp_config_get(config, smsp_option_name(i)));
    } else {
        for (i = 0; smsp_stat_name(i) != NULL; ++i) {
            uint64_t value = 0;
            if (smsp_client_stat(client, smsp_stat_name(i), &value) == SMSP_OK)
                printf("counter %s %llu\n", smsp_stat_name(i), (unsigned long long)value);
        }
    }
}

static void set(const char *name_word, const char *value_word)
{
    const int is_url = strcmp(value_word, "{base_url}") == 0, is_file = strcmp(value_word, "{ca_file}") == 0;
    char *name = text_of(name_word);
    char *value = is_url || is_file ? NULL : text_of(value_word);
    smsp_error *error = NULL;
    const smsp_code code = smsp_config_set(config, name, is_url ? base_url : is_file ? ca_file : value, &error);

    print_result("set", code, error);
    free(name);
    free(value);
}

static void add(char *phone_number, char *message_id)
{
    if (count == MOST_QUERIES)
        not_understood("too many queries");
    queries[count].phone_number = phone_number;
    queries[count++].message_id = message_id;
}

static void add_many(unsigned long number)
{
    char phone_number[32], message_id[32];
    unsigned long i;

    for (i = 0; i < number; ++i) {
        snprintf(phone_number, sizeof phone_number, "+336%08lu", i);
        snprintf(message_id, sizeof message_id, "%lu", 1000 + i);
        add(copied(phone_number, strlen(phone_number)), copied(message_id, strlen(message_id)));
    }
}

static void clear(void)
{
    while (count > 0) {
        --count;
        free((char *)queries[count].phone_number);
        free((char *)queries[count].message_id);
    }
}

static void ask(void)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    const smsp_code code = smsp_multi_status(client, queries, count, &report, &error);

    print_result("ask", code, error);
    print_report(report);
}

static void many_clients(unsigned long number)
{
    unsigned long i, good = 0;

    for (i = 0; i < number; ++i) {
        smsp_client *one = NULL;
        smsp_report *report = NULL;
        good += smsp_client_new(config, &one, NULL) == SMSP_OK
             && smsp_multi_status(one, queries, count, &report, NULL) == SMSP_OK;
        smsp_report_free(report);
        smsp_client_free(one);
    }
    printf("clients %lu %lu\n", number, good);
}

static void until(size_t wanted)
{
    size_t done = 0;

    while (smsp_operation_progress(operation, &done, NULL) == SMSP_OK && done < wanted)
        smsp_operation_wait(operation, 1);
}

static void progress(void)
{
    size_t done = 0, total = 0;

    smsp_operation_progress(operation, &done, &total);
    printf("progress %lu %lu\n", (unsigned long)done, (unsigned long)total);
}

static void descriptor(void)
{
    struct pollfd look = {0, POLLIN, 0};

    look.fd = smsp_operation_fd(operation);
    printf("descriptor %s\n", poll(&look, 1, 0) == 1 && look.revents == POLLIN ? "readable" : "silent");
}

static void finish(void)
{
    smsp_report *report = NULL;
    smsp_error *error = NULL;
    const smsp_code code = smsp_operation_finish(operation, &report, &error);

    print_result("finish", code, error);
    print_report(report);
}

static void release_operation(void)
{
    smsp_operation_free(operation);
    operation = NULL;
}

static void release_client(void)
{
    smsp_client_free(client);
    client = NULL;
}

static void new_client_from_env(void)
{
    smsp_error *error = NULL;
    smsp_code code;

    release_client();
    code = smsp_client_new_from_env(&client, &error);
    print_result("client", code, error);
}

static void counter(const char *name)
{
    uint64_t value = 0;
    const smsp_code code = smsp_client_stat(client, name, &value);

    print_result("counter", code, NULL);
    if (code == SMSP_OK)
        printf("value %llu\n", (unsigned long long)value);
}

/* The lines that are a word alone; 0 for another. */
static int do_word(const char *word)
{
    smsp_error *error = NULL;

    if (strcmp(word, "version") == 0) {
        printf("version %s\n", smsp_version());
    } else if (strcmp(word, "codes") == 0 || strcmp(word, "states") == 0 || strcmp(word, "options") == 0
               || strcmp(word, "counters") == 0) {
        list(word);
    } else if (strcmp(word, "config") == 0) {
        smsp_config_free(config);
        config = smsp_config_new();
    } else if (strcmp(word, "env") == 0) {
        const smsp_code code = smsp_config_load_env(config, &error);
        print_result("env", code, error);
    } else if (strcmp(word, "client") == 0) {
        smsp_code code;
        release_client();
        code = smsp_client_new(config, &client, &error);
        print_result("client", code, error);
    } else if (strcmp(word, "clear") == 0) {
        clear();
    } else if (strcmp(word, "ask") == 0) {
        ask();
    } else if (strcmp(word, "start") == 0) {
        smsp_code code;
        release_operation();
        code = smsp_multi_status_start(client, queries, count, &operation, &error);
        print_result("start", code, error);
    } else if (strcmp(word, "progress") == 0) {
        progress();
    } else if (strcmp(word, "descriptor") == 0) {
        descriptor();
    } else if (strcmp(word, "cancel") == 0) {
        smsp_operation_cancel(operation);
    } else if (strcmp(word, "finish") == 0) {
        finish();
    } else {
        return 0;
    }
    return 1;
}

/* The lines that are a word and another; 0 for another. */
static int do_pair(const char *word, const char *value)
{
    if (strcmp(word, "client") == 0 && strcmp(value, "env") == 0) {
        new_client_from_env();
    } else if (strcmp(word, "get") == 0) {
        print_named("get", value, smsp_config_get(config, value));
    } else if (strcmp(word, "queries") == 0) {
        add_many(strtoul(value, NULL, 10));
    } else if (strcmp(word, "clients") == 0) {
        many_clients(strtoul(value, NULL, 10));
    } else if (strcmp(word, "until") == 0) {
        until((size_t)strtoul(value, NULL, 10));
    } else if (strcmp(word, "wait") == 0) {
        printf("wait %s\n", smsp_code_name(smsp_operation_wait(operation, strtol(value, NULL, 10))));
    } else if (strcmp(word, "counter") == 0) {
        counter(value);
    } else if (strcmp(word, "release") == 0 && strcmp(value, "client") == 0) {
        release_client();
    } else if (strcmp(word, "release") == 0 && strcmp(value, "operation") == 0) {
        release_operation();
    } else {
        return 0;
    }
    return 1;
}

static void do_line(char *line)
{
    char *words[MOST_WORDS] = {NULL}, *word;
    size_t number = 0;

    for (word = strtok(line, " "); word != NULL && number < MOST_WORDS; word = strtok(NULL, " "))
        words[number++] = word;
    if (number == 1 && do_word(words[0]))
        return;
    if (number == 2 && do_pair(words[0], words[1]))
        return;
    if (number == 3 && strcmp(words[0], "set") == 0)
        set(words[1], words[2]);
    else if (number == 3 && strcmp(words[0], "query") == 0)
        add(text_of(words[1]), text_of(words[2]));
    else
        not_understood(words[0]);
}

static int is_passed_over(const char *line)
{
    return *line == '\0' || *line == '#' || strncmp(line, "simulator ", 10) == 0
        || strncmp(line, "environment ", 12) == 0 || strncmp(line, "needs ", 6) == 0;
}

int main(int argc, char **argv)
{
    char line[LONGEST];
    FILE *file = argc < 3 ? NULL : fopen(argv[1], "r");

    if (file == NULL)
        not_understood("usage: runner SCENARIO BASE_URL [CA_FILE]");
    base_url = argv[2];
    ca_file = argc > 3 ? argv[3] : NULL;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (!is_passed_over(line))
            do_line(line);
    }
    fclose(file);
    clear();
    release_operation();
    release_client();
    smsp_config_free(config);
    return 0;
}
