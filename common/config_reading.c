#include "common/config_reading.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/str.h"
#include "common/utf8.h"
#include "common/zone.h"

/* Findings. */

void config_add_finding(struct config *config, bool mistake, const char *where, const char *format, ...)
{
    const char *text;
    va_list args;

    if (config->finding_count == FINDINGS_MOST)
        return;
    va_start(args, format);
    text = arena_vprint(config->arena, format, args);
    va_end(args);
    if (config->finding_count + 1 == FINDINGS_MOST)
        text = "there are more mistakes than can be listed; correct those above first";
    config->findings =
        arena_grow(config->arena, config->findings, (config->finding_count + 1) * sizeof(*config->findings));
    config->findings[config->finding_count++] = (struct finding){
        .mistake = mistake, .where = where, .text = utf8_clean_line(config->arena, text, strlen(text))};
}

const char *reading_at(const struct reading *reading, int line)
{
    return arena_print(reading->arena, "%s:%d", reading->now->source->path, line);
}

const char *reading_here(const struct reading *reading)
{
    return reading_at(reading, reading->now->line);
}

/* Values of blocks. */

const struct value_row *value_row_named(const struct value_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static bool number_in_range(const struct value_row *row, const char *text, int64_t *number)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 15 || text[digits])
        return false;
    *number = strtoll(text, NULL, 10);
    return *number >= row->least && *number <= row->most;
}

static bool duration_in_range(const struct value_row *row, const char *text, int64_t *seconds)
{
    return duration_read(text, seconds) && *seconds >= row->least && *seconds <= row->most;
}

static bool severity_or_none(const char *text, int64_t *severity)
{
    enum severity found;

    if (strcmp(text, "none") == 0) {
        *severity = SEVERITY_COUNT;
        return true;
    }
    if (!severity_from(text, &found))
        return false;
    *severity = found;
    return true;
}

/* Whoever exempts critical messages does not want the emergencies held back. */
static unsigned from_severity_up(int64_t severity)
{
    unsigned bits = 0;

    for (; severity < SEVERITY_COUNT; severity++)
        bits |= 1U << severity;
    return bits;
}

static bool is_web_address(const char *text)
{
    return text[0] == '\0' || strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static const char *duration_text(struct arena *arena, int64_t seconds)
{
    if (seconds == 0)
        return "0";
    if (seconds % DAY == 0)
        return arena_print(arena, "%lldd", (long long)(seconds / DAY));
    if (seconds % HOUR == 0)
        return arena_print(arena, "%lldh", (long long)(seconds / HOUR));
    if (seconds % MINUTE == 0)
        return arena_print(arena, "%lldm", (long long)(seconds / MINUTE));
    return arena_print(arena, "%llds", (long long)seconds);
}

/* What would have been right, for a finding. */
static const char *wanted(struct arena *arena, const struct value_row *row)
{
    switch (row->kind) {
    case VALUE_TEXT:
    case VALUE_PATH:
    case VALUE_LIST:
        return "one text";
    case VALUE_FLAG:
        return "yes or no";
    case VALUE_RANGE:
        return "a severity (this and above) or a range such as warning..error, of info, warning, error, critical and "
               "emergency";
    case VALUE_CLOCK:
        return "a time of day from 00:00 to 24:00, such as 09:00";
    case VALUE_CHOICE:
        return arena_print(arena, "one of: %s", row->choices);
    case VALUE_ADDRESS:
        return "an address that begins with https:// or http://";
    case VALUE_ZONE:
        return "a time zone of this machine, such as Asia/Shanghai";
    case VALUE_LANGUAGE:
        return "en or zh_CN";
    case VALUE_NUMBER:
        return arena_print(arena, "a number from %lld to %lld", (long long)row->least, (long long)row->most);
    case VALUE_DURATION:
        return arena_print(arena, "a duration from %s to %s with its unit, such as 90s, 30m, 2h or 1d",
                           duration_text(arena, row->least), duration_text(arena, row->most));
    case VALUE_SEVERITY:
    case VALUE_EXEMPT:
        return "info, warning, error, critical, emergency or none";
    }
    return "";
}

static bool take_number(const struct value_row *row, const char *text, void *field)
{
    int64_t number = 0;
    bool good = row->kind == VALUE_NUMBER     ? number_in_range(row, text, &number)
                : row->kind == VALUE_DURATION ? duration_in_range(row, text, &number)
                                              : severity_or_none(text, &number);

    if (good && row->kind == VALUE_EXEMPT)
        *(unsigned *)field = from_severity_up(number);
    else if (good)
        *(int64_t *)field = number;
    return good;
}

static bool take_flag(const char *text, void *field)
{
    bool yes = strcasecmp(text, "yes") == 0 || strcasecmp(text, "true") == 0;
    bool no = strcasecmp(text, "no") == 0 || strcasecmp(text, "false") == 0;

    if (yes || no)
        *(bool *)field = yes;
    return yes || no;
}

/* "error" is error and above, "warning..error" both and what is between, "..warning" up to warning. */
static bool take_range(struct arena *arena, const char *text, void *field)
{
    const char *dots = strstr(text, "..");
    enum severity least = SEVERITY_INFO;
    enum severity most = SEVERITY_EMERGENCY;
    bool good = dots ? dots == text || severity_from(arena_copy(arena, text, (size_t)(dots - text)), &least)
                     : severity_from(text, &least);

    if (dots)
        good = good && severity_from(dots + 2, &most) && least <= most;
    if (good)
        *(unsigned *)field = from_severity_up(least) & ~from_severity_up((int64_t)most + 1);
    return good;
}

static bool take_clock(const char *text, void *field)
{
    int64_t seconds;

    if (!clock_read(text, &seconds))
        return false;
    *(int64_t *)field = seconds;
    return true;
}

static bool take_choice(const char *choices, const char *text, void *field)
{
    int64_t place = 0;

    for (const char *at = choices; *at; at += strspn(at, " "), place++) {
        size_t len = strcspn(at, " ");

        if (strlen(text) == len && strncmp(at, text, len) == 0) {
            *(int64_t *)field = place;
            return true;
        }
        at += len;
    }
    return false;
}

static bool take_language(const char *text, void *field)
{
    enum language language = language_from(text);

    if (language == LANGUAGE_COUNT)
        return false;
    *(enum language *)field = language;
    return true;
}

static bool take_text(bool fits, const char *text, void *field)
{
    if (fits)
        *(const char **)field = text;
    return fits;
}

static const char *path_from(const struct config *config, const char *path)
{
    return path[0] && path[0] != '/' ? arena_print(config->arena, "%s/%s", config->directory, path) : path;
}

/* False when the text is not what the row wants; then `field` is as it was. */
static bool take_value(const struct reading *reading, const struct value_row *row, const char *text, void *field)
{
    switch (row->kind) {
    case VALUE_LIST: /* reading_fill() takes lists as a whole */
        return false;
    case VALUE_TEXT:
        return take_text(true, text, field);
    case VALUE_PATH:
        return take_text(true, path_from(reading->config, text), field);
    case VALUE_ADDRESS:
        return take_text(is_web_address(text), text, field);
    case VALUE_ZONE:
        return take_text(text[0] == '\0' || timezone_known(text), text, field);
    case VALUE_LANGUAGE:
        return take_language(text, field);
    case VALUE_NUMBER:
    case VALUE_DURATION:
    case VALUE_SEVERITY:
    case VALUE_EXEMPT:
        return take_number(row, text, field);
    case VALUE_FLAG:
        return take_flag(text, field);
    case VALUE_RANGE:
        return take_range(reading->arena, text, field);
    case VALUE_CLOCK:
        return take_clock(text, field);
    case VALUE_CHOICE:
        return take_choice(row->choices, text, field);
    }
    return false;
}

void reading_fill(const struct reading *reading, const struct value_row *rows, const struct givens *givens,
                  void *object)
{
    for (size_t i = 0; i < givens->count; i++) {
        const struct given *given = &givens->items[i];
        const struct value_row *row = value_row_named(rows, given->name);
        void *field = row ? (char *)object + row->offset : NULL;

        if (row && row->kind == VALUE_LIST)
            *(struct text_list *)field = given->values;
        else if (row && (given->values.count != 1 || !take_value(reading, row, given->values.items[0], field)))
            config_add_finding(reading->config, true, given->where, "'%s' wants %s, not '%s'", given->name,
                               wanted(reading->arena, row), given->values.count ? given->values.items[0] : "");
    }
}

/* Forms. */

void form_add_values(struct form *form, const struct value_row *rows)
{
    for (; rows->name; rows++)
        form_add_name(form, rows->name, rows->kind == VALUE_LIST);
}

void form_add_options(struct form *form, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        form_add_name(form, rows->name, rows->type == OPTION_TYPE_LIST);
        if (rows->type == OPTION_TYPE_SECRET)
            form_add_name(form, arena_print(form->arena, "%s_file", rows->name), false);
    }
}

struct form form_of_values(struct arena *arena, const struct value_row *rows)
{
    struct form form = {.arena = arena};

    form_add_values(&form, rows);
    return form;
}

bool reading_parse(const struct reading *reading, const struct form *form, struct parsed *parsed)
{
    if (form_parse(form, reading->now, FORM_STRICT, parsed))
        return true;
    config_add_finding(reading->config, true, reading_at(reading, parsed->line), "%s", parsed->complaint);
    return false;
}

bool reading_parse_leniently(const struct reading *reading, const struct form *form, struct parsed *parsed)
{
    return reading_parse(reading, form, parsed) || form_parse(form, reading->now, FORM_LENIENT, parsed);
}

/* Givens. */

const struct given *given_named(const struct givens *givens, const char *name)
{
    for (size_t i = givens->count; i-- > 0;)
        if (strcmp(givens->items[i].name, name) == 0)
            return &givens->items[i];
    return NULL;
}

/* Blocks of a name may be repeated: is this assignment in the occurrence `number`? `opened` counts those seen so far. */
static bool is_within(const struct assignment *assignment, const char *block, size_t number, size_t *opened)
{
    if (assignment->opens && block[0] && assignment->block[0] == '\0' && strcmp(assignment->name, block) == 0)
        ++*opened;
    return !assignment->opens && strcmp(assignment->block, block) == 0 && (!block[0] || *opened == number + 1);
}

struct givens reading_gather_nth(const struct reading *reading, cfg_t *cfg, const char *block, size_t number)
{
    struct givens givens = {.arena = reading->arena};
    size_t opened = 0;

    for (size_t i = 0; cfg && i < reading->now->assignment_count; i++) {
        const struct assignment *assignment = &reading->now->assignments[i];
        const struct given *before = given_named(&givens, assignment->name);
        const char *where = reading_at(reading, assignment->line);

        if (!is_within(assignment, block, number, &opened))
            continue;
        if (before)
            config_add_finding(reading->config, true, where, "'%s' is set already at %s: keep one of them",
                               assignment->name, before->where);
        else
            givens_add(&givens, assignment->name, parsed_values(reading->arena, cfg, assignment->name), where);
    }
    return givens;
}

struct givens reading_gather(const struct reading *reading, cfg_t *cfg, const char *block)
{
    return reading_gather_nth(reading, cfg, block, 0);
}

int reading_line_of_nth(const struct reading *reading, const char *block, size_t number)
{
    for (size_t i = 0; i < reading->now->assignment_count; i++) {
        const struct assignment *assignment = &reading->now->assignments[i];

        if (assignment->opens && assignment->block[0] == '\0' && strcmp(assignment->name, block) == 0 && number-- == 0)
            return assignment->line;
    }
    return reading->now->line;
}

bool reading_has_shape(const struct reading *reading, enum shape shape, const char *want)
{
    const struct statement *now = reading->now;

    if (now->shape == shape && (shape != SHAPE_SECTION || (now->title[0] != '\0') == (strchr(want, '"') != NULL)))
        return true;
    config_add_finding(reading->config, true, reading_here(reading), "'%s' is written as %s", now->name, want);
    return false;
}

/* Options. */

void reading_find_doubles(const struct reading *reading, const struct option_row *rows, const struct givens *givens)
{
    for (; rows->name; rows++) {
        const char *file = arena_print(reading->arena, "%s_file", rows->name);
        const struct given *in_file = given_named(givens, file);

        if (rows->type == OPTION_TYPE_SECRET && in_file && given_named(givens, rows->name))
            config_add_finding(reading->config, true, in_file->where, "'%s' and '%s' are both set: keep one of them",
                               rows->name, file);
    }
}

void reading_check_secrets(const struct reading *reading, const struct option_row *rows, const struct givens *givens)
{
    for (size_t i = 0; i < givens->count && reading->now->source->others_read; i++) {
        const struct given *given = &givens->items[i];
        const struct option_row *row = row_named(rows, given->name);

        if (row && row->type == OPTION_TYPE_SECRET && strcmp(row->name, given->name) == 0 && given->values.count == 1 &&
            given->values.items[0][0] && strstr(reading->now->text, given->values.items[0]))
            config_add_finding(reading->config, true, given->where,
                               "'%s' is a secret that every user of this machine can read: chmod 0640 '%s', or move it "
                               "into a file of its own and set %s_file",
                               given->name, reading->now->source->path, given->name);
    }
}

/* Titles. */

const char *title_trouble(struct arena *arena, const char *title)
{
    bool digits = true;

    for (const char *c = title; *c; c++) {
        if (!isalnum((unsigned char)*c) && !strchr("_.-", *c))
            return arena_print(arena, "a title has letters, digits, '_', '.' and '-' only, not '%s'", title);
        digits = digits && isdigit((unsigned char)*c);
    }
    if (digits)
        return arena_print(arena, "a title of digits only would be taken for a telephone number: '%s' needs a letter",
                           title);
    return "";
}

bool reading_title_fits(const struct reading *reading)
{
    const char *trouble = title_trouble(reading->arena, reading->now->title);

    if (trouble[0])
        config_add_finding(reading->config, true, reading_here(reading), "%s", trouble);
    return trouble[0] == '\0';
}

bool reading_title_is_free(const struct reading *reading, const char *where_taken)
{
    if (!where_taken)
        return true;
    config_add_finding(reading->config, true, reading_here(reading),
                       "the title '%s' is taken by %s, which counts: give this one another", reading->now->title,
                       where_taken);
    return false;
}
