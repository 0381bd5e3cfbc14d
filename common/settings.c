#include "common/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "common/utf8.h"

enum { LONGEST_NAME = 64, FAR = 3 }; /* edit distances of FAR and more are no likeness */

void givens_add(struct givens *givens, const char *name, struct text_list values, const char *where)
{
    givens->items = arena_grow(givens->arena, givens->items, (givens->count + 1) * sizeof(*givens->items));
    givens->items[givens->count++] = (struct given){.name = name, .values = values, .where = where};
}

static bool names_file_of(const struct option_row *row, const char *name)
{
    size_t len = strlen(row->name);

    return row->type == OPTION_TYPE_SECRET && strncmp(name, row->name, len) == 0 && strcmp(name + len, "_file") == 0;
}

static bool belongs_to(const struct option_row *row, const char *name)
{
    return strcmp(row->name, name) == 0 || names_file_of(row, name);
}

const struct option_row *row_named(const struct option_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (belongs_to(rows, name))
            return rows;
    return NULL;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

bool begins_with_place(const char *text, const char *where)
{
    size_t len = strlen(where);

    return len > 0 && strncmp(text, where, len) == 0 && (text[len] == ':' || text[len] == ' ');
}

const char *without_place(const char *text, const char *where)
{
    return begins_with_place(text, where) && text[strlen(where)] == ':' ? text + strlen(where) + 2 : text;
}

struct text_list split_commas(struct arena *arena, const char *text)
{
    const char **items = arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof(*items));
    struct text_list list = {.items = items};

    while (*(text = skip_blanks(text))) {
        size_t whole = strcspn(text, ",");
        size_t len = whole;

        while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
            len--;
        if (len > 0)
            items[list.count++] = arena_copy(arena, text, len);
        text += whole + (text[whole] == ',');
    }
    return list;
}

/* Digits only, and nothing else. */
static bool number_read(const char *text, size_t len, int64_t *number)
{
    int64_t value = 0;

    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text[i] - '0', &value))
            return false;
    }
    *number = value;
    return true;
}

static int64_t seconds_in(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return 86400;
    case 'w':
        return 7 * 86400;
    default:
        return 0;
    }
}

bool duration_read(const char *text, int64_t *seconds)
{
    size_t len = strlen(text);
    int64_t number;
    int64_t unit;

    if (strcmp(text, "0") == 0) {
        *seconds = 0;
        return true;
    }
    unit = len > 0 ? seconds_in(text[len - 1]) : 0;
    if (unit == 0 || !number_read(text, len - 1, &number) || __builtin_mul_overflow(number, unit, &number))
        return false;
    *seconds = number;
    return true;
}

static size_t least(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Letters to add, take away or replace until one name is the other (Levenshtein). */
static size_t edit_distance(const char *one, const char *other)
{
    size_t row[LONGEST_NAME + 1];
    size_t width = strlen(other);

    if (strlen(one) > LONGEST_NAME || width > LONGEST_NAME)
        return FAR;
    for (size_t i = 0; i <= width; i++)
        row[i] = i;
    for (size_t i = 0; one[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < width; k++) {
            size_t replaced = diagonal + (one[i] != other[k]);

            diagonal = row[k + 1];
            row[k + 1] = least(replaced, least(row[k], row[k + 1]) + 1);
        }
    }
    return row[width];
}

static bool begins_with(const char *text, const char *prefix)
{
    return strlen(prefix) >= FAR && strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *name_nearest(const char *const *names, const char *name)
{
    const char *nearest = "";
    size_t shortest = least(FAR, strlen(name)); /* of two letters, both changed is another name */

    for (size_t i = 0; names[i]; i++) {
        size_t distance = edit_distance(names[i], name);

        if (distance < shortest) {
            shortest = distance;
            nearest = names[i];
        }
    }
    for (size_t i = 0; names[i] && !nearest[0]; i++)
        if (begins_with(names[i], name) || begins_with(name, names[i]))
            nearest = names[i];
    return nearest;
}

/* One run of settings_fill(). */
struct filling {
    struct arena *arena;
    const struct settings_reading *reading;
    void *settings;
    struct fault *fault;
};

static bool from_command_line(const struct given *given)
{
    return strncmp(given->where, "--", 2) == 0;
}

/* "FILE:LINE: 'name'", or the option alone: the beginning of every complaint about a value. */
static const char *naming(const struct filling *filling, const struct given *given)
{
    if (from_command_line(given))
        return given->where;
    return arena_print(filling->arena, "%s: '%s'", given->where, given->name);
}

/* A name on the command line starts where the caller stands, as everywhere. */
static const char *path_of(const struct filling *filling, const struct given *given)
{
    const char *name = given->values.items[0];

    if (name[0] == '/' || !filling->reading->directory[0] || from_command_line(given))
        return name;
    return arena_print(filling->arena, "%s/%s", filling->reading->directory, name);
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (; *words; words += strspn(words, " ")) {
        size_t size = strcspn(words, " ");

        if (size == len && strncmp(words, word, len) == 0)
            return true;
        words += size;
    }
    return false;
}

static const char *words_listed(struct arena *arena, const char *words)
{
    struct str list = str_in(arena, 1024);

    for (; *words; words++) {
        if (*words == ' ')
            str_add(&list, ", ");
        else
            str_addc(&list, *words);
    }
    return list.text;
}

static bool fill_choice(const struct filling *filling, const struct option_row *row, const struct given *given,
                        const char **field)
{
    const char *value = given->values.items[0];

    if (!has_word(row->choices, value) && strcmp(value, row->initial ? row->initial : "?") != 0)
        return fault_set(filling->fault, FAULT_CONFIG, "%s is one of %s, not '%s'", naming(filling, given),
                         words_listed(filling->arena, row->choices), value);
    *field = value;
    return true;
}

static bool fill_flag(const struct filling *filling, const struct given *given, bool *field)
{
    const char *value = given->values.items[0];
    bool yes = strcasecmp(value, "yes") == 0 || strcasecmp(value, "true") == 0;

    if (!yes && strcasecmp(value, "no") != 0 && strcasecmp(value, "false") != 0)
        return fault_set(filling->fault, FAULT_CONFIG, "%s is yes or no, not '%s'", naming(filling, given), value);
    *field = yes;
    return true;
}

static bool fill_number(const struct filling *filling, const struct given *given, int64_t *field)
{
    const char *value = given->values.items[0];

    return number_read(value, strlen(value), field) ||
           fault_set(filling->fault, FAULT_CONFIG, "%s is a number (digits only), not '%s'", naming(filling, given),
                     value);
}

/* Where a value may hold a token although its row is not a secret: an address with a user, or with a query. */
static void mask_address(const struct filling *filling, const struct option_row *row, const char *text)
{
    if (strstr(text, "://") && (row->masked || strpbrk(text, "?@")))
        secrets_add(filling->reading->secrets, text);
}

static void mask_headers(const struct filling *filling, const struct option_row *row, const struct text_list *lines)
{
    for (size_t i = 0; row->masked && i < lines->count; i++)
        secrets_add_header(filling->reading->secrets, lines->items[i]);
}

static bool fill_secret(const struct filling *filling, const struct option_row *row, const struct given *given,
                        struct secret *field)
{
    const char *value = given->values.items[0];

    if (strcmp(given->name, row->name) != 0) {
        if (!secret_read(filling->arena, path_of(filling, given), field, filling->fault))
            return fault_in(filling->fault, "%s", naming(filling, given));
    } else if (from_command_line(given)) {
        return fault_set(filling->fault, FAULT_USAGE,
                         "%s: every user of this machine can read the command line: put the secret into a file and "
                         "give %s-file FILE",
                         given->where, given->where);
    } else if (strlen(value) > SECRET_MOST) {
        return fault_set(filling->fault, FAULT_CONFIG, "%s is longer than %d bytes", naming(filling, given),
                         SECRET_MOST);
    } else {
        field->text = value;
    }
    secrets_add(filling->reading->secrets, field->text);
    return true;
}

static const char *environment_name(const struct filling *filling, const struct option_row *row)
{
    char *name = arena_print(filling->arena, "%s%s", filling->reading->environment, row->name);

    for (char *c = name; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return name;
}

/* A secret that nobody gave. */
static bool fill_from_environment(const struct filling *filling, const struct option_row *row, struct secret *field)
{
    const char *value = filling->reading->environment[0] ? getenv(environment_name(filling, row)) : NULL;

    if (!value || !value[0])
        return false;
    field->text = arena_copy(filling->arena, value, strnlen(value, SECRET_MOST));
    secrets_add(filling->reading->secrets, field->text);
    return true;
}

static bool read_whole(const char *path, struct str *content, struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat found;
    char bytes[4096];
    ssize_t got = 0;

    if (descriptor < 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    if (fstat(descriptor, &found) == 0 && !S_ISREG(found.st_mode)) {
        close(descriptor);
        return fault_set(fault, FAULT_CONFIG, "'%s' is not a regular file", path);
    }
    while (str_fits(content) && ((got = read(descriptor, bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0)
            str_addn(content, bytes, (size_t)got);
    close(descriptor);
    if (got < 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    return str_fits(content) || fault_set(fault, FAULT_CONFIG, "'%s' is longer than %zu bytes", path, content->limit);
}

static bool fill_file(const struct filling *filling, const struct given *given, const char **field)
{
    static const char REPLACED[] = "\xEF\xBF\xBD"; /* U+FFFD: utf8_clean() met something that is not UTF-8 */
    const char *path = path_of(filling, given);
    struct str content = str_in(filling->arena, SETTINGS_FILE_MOST);
    const char *text;

    if (!given->values.items[0][0]) {
        *field = "";
        return true;
    }
    if (!read_whole(path, &content, filling->fault))
        return fault_in(filling->fault, "%s", naming(filling, given));
    text = utf8_clean(filling->arena, content.text, content.len);
    if (strstr(text, REPLACED) && !strstr(content.text, REPLACED))
        return fault_set(filling->fault, FAULT_CONFIG,
                         "%s: '%s' is not UTF-8: save it as UTF-8, or convert it with iconv -f GBK -t UTF-8",
                         naming(filling, given), path);
    *field = text;
    return true;
}

static bool fill_value(const struct filling *filling, const struct option_row *row, const struct given *given)
{
    void *field = (char *)filling->settings + row->offset;

    if (row->type != OPTION_TYPE_LIST && given->values.count != 1)
        return fault_set(filling->fault, FAULT_CONFIG, "%s takes one value, not %zu", naming(filling, given),
                         given->values.count);
    switch (row->type) {
    case OPTION_TYPE_TEXT:
        *(const char **)field = given->values.items[0];
        mask_address(filling, row, given->values.items[0]);
        return true;
    case OPTION_TYPE_CHOICE:
        return fill_choice(filling, row, given, field);
    case OPTION_TYPE_SECRET:
        return fill_secret(filling, row, given, field);
    case OPTION_TYPE_LIST:
        *(struct text_list *)field = given->values;
        mask_headers(filling, row, &given->values);
        return true;
    case OPTION_TYPE_FLAG:
        return fill_flag(filling, given, field);
    case OPTION_TYPE_NUMBER:
        return fill_number(filling, given, field);
    case OPTION_TYPE_FILE:
        return fill_file(filling, given, field);
    }
    return false;
}

static bool fill_initial(const struct filling *filling, const struct option_row *row)
{
    const char *value = row->initial;
    struct given initial = {
        .name = row->name, .values = {.items = &value, .count = 1},
             .where = "default"
    };
    void *field = (char *)filling->settings + row->offset;

    if (row->type == OPTION_TYPE_SECRET && fill_from_environment(filling, row, field))
        return true;
    if (!value && row->type == OPTION_TYPE_SECRET)
        return fault_set(filling->fault, FAULT_CONFIG, "'%s' is missing: %s; set %s_file, or %s in the environment",
                         row->name, row->help, row->name, environment_name(filling, row));
    if (!value)
        return fault_set(filling->fault, FAULT_CONFIG, "'%s' is missing: %s", row->name, row->help);
    if (row->type == OPTION_TYPE_LIST)
        initial.values = split_commas(filling->arena, value);
    return fill_value(filling, row, &initial);
}

static struct text_list joined(struct arena *arena, struct text_list one, struct text_list other)
{
    const char **items = arena_alloc(arena, (one.count + other.count + 1) * sizeof(*items));

    for (size_t i = 0; i < one.count + other.count; i++)
        items[i] = i < one.count ? one.items[i] : other.items[i - one.count];
    return (struct text_list){.items = items, .count = one.count + other.count};
}

/* The assignment that counts: the last, together with the repetitions of a list's option before it. */
static bool last_given(struct arena *arena, const struct option_row *row, const struct givens *givens,
                       struct given *last)
{
    bool found = false;

    for (size_t i = 0; i < givens->count; i++) {
        struct given given = givens->items[i];

        if (!belongs_to(row, given.name))
            continue;
        if (row->type == OPTION_TYPE_LIST && found && from_command_line(last) && from_command_line(&given))
            given.values = joined(arena, last->values, given.values);
        *last = given;
        found = true;
    }
    return found;
}

bool settings_fill(struct arena *arena, const struct option_row *rows, void *settings, const struct givens *givens,
                   const struct settings_reading *reading, struct fault *fault)
{
    struct filling filling = {.arena = arena, .reading = reading, .settings = settings, .fault = fault};

    for (; rows->name; rows++) {
        struct given given;

        if (last_given(arena, rows, givens, &given) ? !fill_value(&filling, rows, &given)
                                                    : !fill_initial(&filling, rows))
            return false;
    }
    return true;
}
