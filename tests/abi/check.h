/* Checks for the programs of this folder. A failed check prints its place and the values and the program
 * goes on; `main` ends with `return check_result();`. All but check_result may be used from one thread only. */
#ifndef CHECK_H
#define CHECK_H

#include <smsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check_true(__FILE__, __LINE__, #condition, (condition) ? 1 : 0)
#define CHECK_INT(actual, expected) \
    check_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_STR(actual, expected) check_str(__FILE__, __LINE__, #actual, actual, expected)
#define CHECK_CONTAINS(text, part) check_contains(__FILE__, __LINE__, #text, text, part)
#define CHECK_LACKS(text, part) check_lacks(__FILE__, __LINE__, #text, text, part)

/* The code of a fallible call, and what it did to its error, which started as check_poison(): set exactly when
 * the code is negative or PARTIAL, and then with the code, and NULL otherwise. Frees the error. */
#define CHECK_CODE(actual, error, expected) \
    check_code(__FILE__, __LINE__, #actual, actual, error, expected, NULL, NULL)

/* The same, with a message that names one of two texts (the second may be NULL). */
#define CHECK_FAILS(actual, error, expected, part, or_part) \
    check_code(__FILE__, __LINE__, #actual, actual, error, expected, part, or_part)

/* A pointer that no library call returns: what an out-parameter holds before the call. */
static inline void *check_poison(void)
{
    static char poison;
    return &poison;
}

static inline int *check_failures(void)
{
    static int failures;
    return &failures;
}

static inline int check_result(void)
{
    if (*check_failures() != 0)
        fprintf(stderr, "%d failed checks\n", *check_failures());
    return *check_failures() == 0 ? 0 : 1;
}

static inline void check_failed(const char *file, int line)
{
    ++*check_failures();
    fprintf(stderr, "%s:%d: ", file, line);
}

static inline void check_true(const char *file, int line, const char *what, int holds)
{
    if (!holds) {
        check_failed(file, line);
        fprintf(stderr, "%s does not hold\n", what);
    }
}

static inline void check_int(const char *file, int line, const char *what, long long actual, long long expected)
{
    if (actual != expected) {
        check_failed(file, line);
        fprintf(stderr, "%s is %lld, expected %lld\n", what, actual, expected);
    }
}

static inline const char *check_shown(const char *text)
{
    return text == NULL ? "(null)" : text;
}

static inline int check_same(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

static inline void check_str(const char *file, int line, const char *what, const char *actual, const char *expected)
{
    if (!check_same(actual, expected)) {
        check_failed(file, line);
        fprintf(stderr, "%s is \"%s\", expected \"%s\"\n", what, check_shown(actual), check_shown(expected));
    }
}

static inline void check_contains(const char *file, int line, const char *what, const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL) {
        check_failed(file, line);
        fprintf(stderr, "%s is \"%s\", expected to contain \"%s\"\n", what, check_shown(text), part);
    }
}

static inline void check_lacks(const char *file, int line, const char *what, const char *text, const char *part)
{
    if (text != NULL && strstr(text, part) != NULL) {
        check_failed(file, line);
        fprintf(stderr, "%s is \"%s\", expected not to contain \"%s\"\n", what, text, part);
    }
}

static inline void check_code(const char *file, int line, const char *what, int32_t actual, smsp_error **error,
                              int32_t expected, const char *part, const char *or_part)
{
    smsp_error *set = *error;
    const char *message;

    *error = check_poison();
    if (set == check_poison()) {
        check_failed(file, line);
        fprintf(stderr, "%s left its error as it was\n", what);
        return;
    }
    message = smsp_error_message(set);
    if (actual != expected) {
        check_failed(file, line);
        fprintf(stderr, "%s is %s (%s), expected %s\n", what, smsp_code_name(actual), check_shown(message),
                smsp_code_name(expected));
    } else if ((set != NULL) != (actual < 0 || actual == SMSP_PARTIAL)) {
        check_failed(file, line);
        fprintf(stderr, "%s is %s %s an error\n", what, smsp_code_name(actual), set == NULL ? "without" : "with");
    } else if (set != NULL && (message == NULL || *message == '\0' || strchr(message, '\n') != NULL)) {
        check_failed(file, line);
        fprintf(stderr, "%s: the message is not one line: \"%s\"\n", what, check_shown(message));
    } else if (part != NULL && (message == NULL || (strstr(message, part) == NULL
                                                    && (or_part == NULL || strstr(message, or_part) == NULL)))) {
        check_failed(file, line);
        fprintf(stderr, "%s: the message is \"%s\", expected to contain \"%s\"\n", what, check_shown(message), part);
    }
    if (set != NULL && actual < 0)
        check_int(file, line, "the code of the error", smsp_error_code(set), actual);
    smsp_error_free(set);
}

/* Ends the program: for what the other checks stand on. */
static inline void check_fatal(const char *what, const smsp_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error == NULL ? "failed" : smsp_error_message(error));
    exit(2);
}

/* The configuration that the arguments `name=value` from argv[first] on describe. */
static inline smsp_config *config_from(int argc, char **argv, int first)
{
    smsp_config *config = smsp_config_new();
    smsp_error *error = NULL;
    int i;

    for (i = first; i < argc; ++i) {
        char *value = strchr(argv[i], '=');
        if (value == NULL)
            check_fatal(argv[i], NULL);
        *value = '\0';
        if (smsp_config_set(config, argv[i], value + 1, &error) != SMSP_OK)
            check_fatal(argv[i], error);
        *value = '=';
    }
    return config;
}

/* The client that the arguments from argv[first] on describe. */
static inline smsp_client *client_from(int argc, char **argv, int first)
{
    smsp_config *config = config_from(argc, argv, first);
    smsp_client *client = NULL;
    smsp_error *error = NULL;

    if (smsp_client_new(config, &client, &error) != SMSP_OK)
        check_fatal("smsp_client_new", error);
    smsp_config_free(config);
    return client;
}

/* A counter of the client. */
static inline uint64_t counter(const smsp_client *client, const char *name)
{
    uint64_t value = 0;

    check_int(__FILE__, __LINE__, name, smsp_client_stat(client, name, &value), SMSP_OK);
    return value;
}

#endif
