#include "common/config.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/civil.h"
#include "common/form.h"
#include "common/str.h"
#include "common/utf8.h"

/* What the values of a block can be; all but the channels' own options. */
enum value_kind {
    VALUE_TEXT,
    VALUE_PATH,     /* relative to the main file's directory */
    VALUE_ADDRESS,  /* http:// or https:// */
    VALUE_ZONE,     /* time zone */
    VALUE_LANGUAGE, /* enum language */
    VALUE_LIST,     /* struct text_list */
    VALUE_NUMBER,   /* int64_t */
    VALUE_DURATION, /* int64_t, seconds */
    VALUE_SEVERITY, /* int64_t; "none" is SEVERITY_COUNT */
    VALUE_EXEMPT,   /* unsigned: a bit for this severity and each graver one; "none" is 0 */
};

struct value_row {
    const char *name;
    enum value_kind kind;
    size_t offset;
    int64_t least; /* of numbers and durations */
    int64_t most;
};

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

#define ROW(name_, kind_, type_, field_, least_, most_)                                                               \
    {                                                                                                                 \
        .name = (name_), .kind = VALUE_##kind_, .offset = offsetof(type_, field_), .least = (least_), .most = (most_) \
    }
#define ROW_END      \
    {                \
        .name = NULL \
    }

static const struct value_row GLOBAL_ROWS[] = {
    ROW("state", PATH, struct config, state, 0, 0),         /* directory of the store */
    ROW("templates", PATH, struct config, templates, 0, 0), /* directory of the message templates */
    ROW("language", LANGUAGE, struct config, language, 0, 0),
    ROW("timezone", ZONE, struct config, timezone, 0, 0), /* of the times in messages */
    ROW("proxy", TEXT, struct config, proxy, 0, 0),       /* these three: for sections that say nothing else */
    ROW("no_proxy", TEXT, struct config, no_proxy, 0, 0),
    ROW("ca_file", PATH, struct config, ca_file, 0, 0), /* PEM */
    ROW_END,
};

struct retry_values {
    int64_t attempts;
    int64_t delay_s;
};

static const struct value_row RETRY_ROWS[] = {
    ROW("attempts", NUMBER, struct retry_values, attempts, 1, 20),
    ROW("delay", DURATION, struct retry_values, delay_s, 0, HOUR),
    ROW_END,
};

static const struct value_row LIMIT_ROWS[] = {
    ROW("per_minute", NUMBER, struct limit_policy, limits.per_minute, 0, LIMIT_MOST),
    ROW("per_hour", NUMBER, struct limit_policy, limits.per_hour, 0, LIMIT_MOST),
    ROW("per_day", NUMBER, struct limit_policy, limits.per_day, 0, LIMIT_MOST),
    ROW("repeat_within", DURATION, struct limit_policy, repeat_within_s, 0, 7 * DAY),
    ROW("exempt", EXEMPT, struct limit_policy, exempt, 0, 0),
    ROW_END,
};

/* `within` is every severity's that has no row of its own. */
struct confirm_values {
    struct confirmation confirm;
    int64_t within_s;
};

static const struct value_row CONFIRM_ROWS[] = {
    ROW("base_url", ADDRESS, struct confirm_values, confirm.base_url, 0, 0),
    ROW("within", DURATION, struct confirm_values, within_s, 0, 7 * DAY),
    ROW("error", DURATION, struct confirm_values, confirm.within_s[SEVERITY_ERROR], 0, 7 * DAY),
    ROW("critical", DURATION, struct confirm_values, confirm.within_s[SEVERITY_CRITICAL], 0, 7 * DAY),
    ROW("emergency", DURATION, struct confirm_values, confirm.within_s[SEVERITY_EMERGENCY], 0, 7 * DAY),
    ROW("from", SEVERITY, struct confirm_values, confirm.from, 0, 0),
    ROW_END,
};

static const struct value_row OPERATOR_ROWS[] = {
    ROW("channels", LIST, struct operator_contact, channels, 0, 0),
    ROW("to", LIST, struct operator_contact, to, 0, 0),
    ROW_END,
};

static const char *const CONTACT_NAMES[] = {"name", "mobile", "email", "language", "timezone", NULL};

static const struct value_row ROUTE_ROWS[] = {
    ROW("channels", LIST, struct route, channels, 0, 0),
    ROW("also", LIST, struct route, also, 0, 0),
    ROW("to", LIST, struct route, to, 0, 0),
    ROW("template", TEXT, struct route, template_name, 0, 0),
    ROW_END,
};

static const char *const BLOCK_NAMES[] = {"retry", "limit", "confirm", "operator", "contact", "route", "include", NULL};

struct reading {
    struct config *config;
    struct arena *arena;
    const struct channel *const *channels;
    const struct statement *now;
    struct givens seen; /* statements that may stand once only */
};

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

static const char *at_line(const struct reading *reading, int line)
{
    return arena_print(reading->arena, "%s:%d", reading->now->source->path, line);
}

static const char *here(const struct reading *reading)
{
    return at_line(reading, reading->now->line);
}

/* Values of blocks. */

static const struct value_row *value_row_named(const struct value_row *rows, const char *name)
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
    if (seconds % DAY == 0 && seconds > 0)
        return arena_print(arena, "%lldd", (long long)(seconds / DAY));
    if (seconds % HOUR == 0 && seconds > 0)
        return arena_print(arena, "%lldh", (long long)(seconds / HOUR));
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
    case VALUE_ADDRESS:
        return "an address that begins with https:// or http://";
    case VALUE_ZONE:
        return "a time zone of this machine, such as Asia/Shanghai";
    case VALUE_LANGUAGE:
        return "en or zh_CN";
    case VALUE_NUMBER:
        return arena_print(arena, "a number from %lld to %lld", (long long)row->least, (long long)row->most);
    case VALUE_DURATION:
        return arena_print(arena, "a duration from 0 to %s with its unit, such as 90s, 30m, 2h or 1d",
                           duration_text(arena, row->most));
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
    case VALUE_LIST: /* fill_block() takes lists as a whole */
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
    }
    return false;
}

/* A wrong value is a finding, and what was there before stays. */
static void fill_block(const struct reading *reading, const struct value_row *rows, const struct givens *givens,
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

static void add_values(struct form *form, const struct value_row *rows)
{
    for (; rows->name; rows++)
        form_add_name(form, rows->name, rows->kind == VALUE_LIST);
}

static void add_rows(struct form *form, const struct option_row *rows)
{
    for (; rows->name; rows++) {
        form_add_name(form, rows->name, rows->type == OPTION_TYPE_LIST);
        if (rows->type == OPTION_TYPE_SECRET)
            form_add_name(form, arena_print(form->arena, "%s_file", rows->name), false);
    }
}

static struct form form_of_values(struct arena *arena, const struct value_row *rows)
{
    struct form form = {.arena = arena};

    add_values(&form, rows);
    return form;
}

static bool parse(const struct reading *reading, const struct form *form, struct parsed *parsed)
{
    if (form_parse(form, reading->now, FORM_STRICT, parsed))
        return true;
    config_add_finding(reading->config, true, at_line(reading, parsed->line), "%s", parsed->complaint);
    return false;
}

/* Values. */

static const struct given *given_named(const struct givens *givens, const char *name)
{
    for (size_t i = givens->count; i-- > 0;)
        if (strcmp(givens->items[i].name, name) == 0)
            return &givens->items[i];
    return NULL;
}

/* What a block (NULL when it was not written) sets, with the line of each. */
static struct givens gather(const struct reading *reading, cfg_t *cfg, const char *block)
{
    struct givens givens = {.arena = reading->arena};

    for (size_t i = 0; cfg && i < reading->now->assignment_count; i++) {
        const struct assignment *assignment = &reading->now->assignments[i];
        const struct given *before = given_named(&givens, assignment->name);
        const char *where = at_line(reading, assignment->line);

        if (strcmp(assignment->block, block) != 0 || assignment->opens)
            continue;
        if (before)
            config_add_finding(reading->config, true, where, "'%s' is set already at %s: keep one of them",
                               assignment->name, before->where);
        else
            givens_add(&givens, assignment->name, parsed_values(reading->arena, cfg, assignment->name), where);
    }
    return givens;
}

/* Blocks. */

static struct retry_policy retry_from(const struct reading *reading, const struct givens *givens,
                                      struct retry_policy policy)
{
    struct retry_values values = {.attempts = policy.attempts, .delay_s = policy.first_wait_ms / 1000};

    fill_block(reading, RETRY_ROWS, givens, &values);
    policy.attempts = (unsigned)values.attempts;
    policy.first_wait_ms = values.delay_s * 1000;
    if (policy.most_wait_ms < policy.first_wait_ms)
        policy.most_wait_ms = policy.first_wait_ms;
    return policy;
}

static void take_confirm(const struct reading *reading, const struct givens *givens)
{
    struct confirm_values values = {.confirm = reading->config->confirm,
                                    .within_s = reading->config->confirm.within_s[SEVERITY_INFO]};

    if (given_named(givens, "within"))
        for (size_t i = 0; i < SEVERITY_COUNT; i++)
            values.confirm.within_s[i] = -1;
    fill_block(reading, CONFIRM_ROWS, givens, &values);
    for (size_t i = 0; i < SEVERITY_COUNT; i++)
        if (values.confirm.within_s[i] < 0)
            values.confirm.within_s[i] = values.within_s;
    reading->config->confirm = values.confirm;
}

static void take_block(const struct reading *reading, const char *name, const struct givens *givens)
{
    struct config *config = reading->config;

    if (strcmp(name, "retry") == 0)
        config->retry = retry_from(reading, givens, config->retry);
    else if (strcmp(name, "limit") == 0)
        fill_block(reading, LIMIT_ROWS, givens, &config->limits);
    else if (strcmp(name, "operator") == 0)
        fill_block(reading, OPERATOR_ROWS, givens, &config->operator);
    else
        take_confirm(reading, givens);
}

static const struct value_row *rows_of_block(const char *name)
{
    static const struct {
        const char *name;
        const struct value_row *rows;
    } BLOCKS[] = {
        {"retry",    RETRY_ROWS   },
        {"limit",    LIMIT_ROWS   },
        {"confirm",  CONFIRM_ROWS },
        {"operator", OPERATOR_ROWS}
    };

    for (size_t i = 0; i < sizeof(BLOCKS) / sizeof(*BLOCKS); i++)
        if (strcmp(BLOCKS[i].name, name) == 0)
            return BLOCKS[i].rows;
    return NULL;
}

/* Says so when the statement has not the shape that its name wants. */
static bool has_shape(const struct reading *reading, enum shape shape, const char *want)
{
    const struct statement *now = reading->now;

    if (now->shape == shape && (shape != SHAPE_SECTION || (now->title[0] != '\0') == (strchr(want, '"') != NULL)))
        return true;
    config_add_finding(reading->config, true, here(reading), "'%s' is written as %s", now->name, want);
    return false;
}

static bool is_first(struct reading *reading)
{
    const struct given *before = given_named(&reading->seen, reading->now->name);

    if (!before) {
        givens_add(&reading->seen, reading->now->name, (struct text_list){0}, here(reading));
        return true;
    }
    config_add_finding(reading->config, true, here(reading),
                       "'%s' is set already at %s, which counts: keep one of them", before->name, before->where);
    return false;
}

static void read_block(struct reading *reading, const struct value_row *rows)
{
    const char *name = reading->now->name;
    struct form inside = form_of_values(reading->arena, rows);
    struct form form = {.arena = reading->arena};
    struct parsed parsed;
    struct givens givens;

    if (!has_shape(reading, SHAPE_SECTION, arena_print(reading->arena, "%s { ... }", name)) || !is_first(reading))
        return;
    form_add_block(&form, name, &inside, false);
    if (!parse(reading, &form, &parsed))
        return;
    givens = gather(reading, parsed_block(parsed.cfg, name), "");
    take_block(reading, name, &givens);
}

static void read_global(struct reading *reading, const struct value_row *row)
{
    struct form form = {.arena = reading->arena};
    struct givens givens = {.arena = reading->arena};
    struct parsed parsed;

    if (!has_shape(reading, SHAPE_VALUE, arena_print(reading->arena, "%s = VALUE", row->name)) || !is_first(reading))
        return;
    form_add_name(&form, row->name, false);
    if (!parse(reading, &form, &parsed))
        return;
    givens_add(&givens, row->name, parsed_values(reading->arena, parsed.cfg, row->name), here(reading));
    fill_block(reading, GLOBAL_ROWS, &givens, reading->config);
}

/* Titles. */

/* What is wrong with a title; "" when nothing is. */
static const char *title_trouble(struct arena *arena, const char *title)
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

static bool title_fits(const struct reading *reading)
{
    const char *trouble = title_trouble(reading->arena, reading->now->title);

    if (trouble[0])
        config_add_finding(reading->config, true, here(reading), "%s", trouble);
    return trouble[0] == '\0';
}

static struct section *section_titled(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->section_count; i++)
        if (strcmp(config->sections[i]->title, title) == 0)
            return config->sections[i];
    return NULL;
}

static bool title_is_free(const struct reading *reading, const char *where_taken)
{
    if (!where_taken)
        return true;
    config_add_finding(reading->config, true, here(reading),
                       "the title '%s' is taken by %s, which counts: give this one another", reading->now->title,
                       where_taken);
    return false;
}

/* Sections. */

static struct section *add_section(const struct reading *reading, const struct channel *channel)
{
    struct config *config = reading->config;
    struct section *section = config_section_of(config, channel);

    section->title = reading->now->title;
    section->where = here(reading);
    config->sections =
        arena_grow(config->arena, config->sections, (config->section_count + 1) * sizeof(*config->sections));
    config->sections[config->section_count++] = section;
    return section;
}

static void break_section(const struct reading *reading, struct section *section, int line, const char *why)
{
    section->broken = true;
    section->trouble = arena_print(reading->arena, "%s: %s", at_line(reading, line), why);
}

/* A secret that stands in the file itself, and not in a variable, is as secret as the file. */
static void check_secrets(const struct reading *reading, const struct section *section)
{
    for (size_t i = 0; i < section->givens.count && reading->now->source->others_read; i++) {
        const struct given *given = &section->givens.items[i];
        const struct option_row *row = row_named(section->channel->options, given->name);

        if (!row)
            row = row_named(section_rows, given->name);
        if (row && row->type == OPTION_TYPE_SECRET && strcmp(row->name, given->name) == 0 && given->values.count == 1 &&
            given->values.items[0][0] && strstr(reading->now->text, given->values.items[0]))
            config_add_finding(reading->config, true, given->where,
                               "'%s' is a secret that every user of this machine can read: chmod 0640 '%s', or move it "
                               "into a file of its own and set %s_file",
                               given->name, reading->now->source->path, given->name);
    }
}

/* A secret both in place and in a file: nobody knows which was meant. */
static void find_doubles(const struct reading *reading, const struct option_row *rows, const struct givens *givens)
{
    for (; rows->name; rows++) {
        const char *file = arena_print(reading->arena, "%s_file", rows->name);
        const struct given *in_file = given_named(givens, file);

        if (rows->type == OPTION_TYPE_SECRET && in_file && given_named(givens, rows->name))
            config_add_finding(reading->config, true, in_file->where, "'%s' and '%s' are both set: keep one of them",
                               rows->name, file);
    }
}

static void fill_section(struct reading *reading, struct section *section, cfg_t *cfg)
{
    struct givens retry = gather(reading, parsed_block(cfg, "retry"), "retry");
    struct givens limit = gather(reading, parsed_block(cfg, "limit"), "limit");
    size_t findings;

    section->retry = retry_from(reading, &retry, section->retry);
    fill_block(reading, LIMIT_ROWS, &limit, &section->limits);
    findings = reading->config->finding_count; /* with wrong limits the global ones hold, and the section works */
    section->givens = gather(reading, cfg, "");
    find_doubles(reading, section->channel->options, &section->givens);
    find_doubles(reading, section_rows, &section->givens);
    if (reading->config->finding_count > findings) {
        const struct finding *first = &reading->config->findings[findings];

        section->broken = true;
        section->trouble = arena_print(reading->arena, "%s: %s", first->where, first->text);
    }
    check_secrets(reading, section);
}

static struct form form_of_section(struct arena *arena, const struct channel *channel)
{
    struct form retry = form_of_values(arena, RETRY_ROWS);
    struct form limit = form_of_values(arena, LIMIT_ROWS);
    struct form form = {.arena = arena};

    add_rows(&form, channel->options);
    add_rows(&form, section_rows);
    form_add_block(&form, "retry", &retry, false);
    form_add_block(&form, "limit", &limit, false);
    return form;
}

/* A section that cannot be read is still known by its title: who wants to use it hears why it does not work. */
static void read_section(struct reading *reading, const struct channel *channel)
{
    const char *name = reading->now->name;
    const struct section *other = section_titled(reading->config, reading->now->title);
    struct form inside = form_of_section(reading->arena, channel);
    struct form form = {.arena = reading->arena};
    struct section *section;
    struct parsed parsed;

    if (!has_shape(reading, SHAPE_SECTION, arena_print(reading->arena, "%s \"TITLE\" { ... }", name)) ||
        !title_fits(reading) || !title_is_free(reading, other ? other->where : NULL))
        return;
    section = add_section(reading, channel);
    form_add_block(&form, name, &inside, true);
    if (parse(reading, &form, &parsed))
        fill_section(reading, section, parsed_block(parsed.cfg, name));
    else
        break_section(reading, section, parsed.line, parsed.complaint);
}

/* Contacts. */

const struct contact *config_contact(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->contact_count; i++)
        if (strcmp(config->contacts[i]->name, name) == 0)
            return config->contacts[i];
    return NULL;
}

/* "+86 138-0013-8000" is written with blanks and dashes by people; what is left must be a number. */
static bool mobile_tidied(struct arena *arena, const char *text, const char **mobile)
{
    struct str tidy = str_in(arena, strlen(text));
    size_t digits;

    for (const char *c = text; *c; c++)
        if (!strchr(" -()", *c))
            str_addc(&tidy, *c);
    digits = strspn(tidy.text + (tidy.text[0] == '+'), "0123456789");
    *mobile = tidy.text;
    return digits >= 5 && digits <= 17 && tidy.text[(tidy.text[0] == '+') + digits] == '\0';
}

static bool contact_value_fits(const struct reading *reading, struct given *given)
{
    const char *value = given->values.count == 1 ? given->values.items[0] : "";
    const char **one = arena_alloc(reading->arena, sizeof(*one));

    one[0] = value;
    given->values = (struct text_list){.items = one, .count = 1};
    if (!value[0])
        return true;
    if (strcmp(given->name, "mobile") == 0 && !mobile_tidied(reading->arena, value, &one[0]))
        config_add_finding(reading->config, true, given->where,
                           "'mobile' wants a number such as +8613800138000, not '%s'", value);
    else if (strcmp(given->name, "email") == 0 && (!strchr(value, '@') || strpbrk(value, " <>,;")))
        config_add_finding(reading->config, true, given->where,
                           "'email' wants an address such as li@example.com, not '%s'", value);
    else if (strcmp(given->name, "language") == 0 && language_from(value) == LANGUAGE_COUNT)
        config_add_finding(reading->config, true, given->where, "'language' wants en or zh_CN, not '%s'", value);
    else if (strcmp(given->name, "timezone") == 0 && !timezone_known(value))
        config_add_finding(reading->config, true, given->where,
                           "'timezone' wants a time zone of this machine, such as Asia/Shanghai, not '%s'", value);
    else
        return true;
    return false;
}

/* A value that does not fit is left out; the others of the person are used. */
static void add_contact(const struct reading *reading, const struct givens *givens)
{
    struct config *config = reading->config;
    struct contact *contact = arena_alloc(config->arena, sizeof(*contact));

    *contact =
        (struct contact){.name = reading->now->title, .where = here(reading), .givens = {.arena = config->arena}};
    for (size_t i = 0; i < givens->count; i++) {
        struct given given = givens->items[i];

        if (contact_value_fits(reading, &given))
            givens_add(&contact->givens, given.name, given.values, given.where);
    }
    config->contacts =
        arena_grow(config->arena, config->contacts, (config->contact_count + 1) * sizeof(*config->contacts));
    config->contacts[config->contact_count++] = contact;
}

static bool name_among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static void read_contact(struct reading *reading)
{
    const struct contact *other = config_contact(reading->config, reading->now->title);
    struct form inside = {.arena = reading->arena};
    struct form form = {.arena = reading->arena};
    struct parsed parsed;
    struct givens givens;

    if (!has_shape(reading, SHAPE_SECTION, "contact \"TITLE\" { ... }") || !title_fits(reading) ||
        !title_is_free(reading, other ? other->where : NULL))
        return;
    if (strcmp(reading->now->title, "all") == 0) {
        config_add_finding(reading->config, true, here(reading),
                           "@all means everybody: give this contact another title");
        return;
    }
    for (size_t i = 0; CONTACT_NAMES[i]; i++)
        form_add_name(&inside, CONTACT_NAMES[i], false);
    for (size_t i = 0; reading->channels[i]; i++)
        if (!name_among(CONTACT_NAMES, reading->channels[i]->name)) /* "email" is both */
            form_add_name(&inside, reading->channels[i]->name, false);
    form_add_block(&form, "contact", &inside, true);
    /* With a name that is not known, the person's other addresses still work. */
    if (!parse(reading, &form, &parsed) && !form_parse(&form, reading->now, FORM_LENIENT, &parsed))
        return;
    givens = gather(reading, parsed_block(parsed.cfg, "contact"), "");
    add_contact(reading, &givens);
}

/* Statements. */

static const struct channel *channel_named(const struct reading *reading, const char *name)
{
    for (size_t i = 0; reading->channels[i]; i++)
        if (strcmp(reading->channels[i]->name, name) == 0)
            return reading->channels[i];
    return NULL;
}

static void tell_unknown(const struct reading *reading)
{
    struct form form = {.arena = reading->arena};

    for (size_t i = 0; reading->channels[i]; i++)
        form_add_name(&form, reading->channels[i]->name, false);
    add_values(&form, GLOBAL_ROWS);
    for (size_t i = 0; BLOCK_NAMES[i]; i++)
        form_add_name(&form, BLOCK_NAMES[i], false);
    config_add_finding(reading->config, true, here(reading), "this version does not know '%s': %s", reading->now->name,
                       form_suggestion(&form, reading->now->name));
}

/* What could not be cut out, or must not be used. A channel's section is remembered as broken. */
static void tell_unusable(const struct reading *reading, int line, const char *why)
{
    const struct statement *now = reading->now;
    const struct channel *channel = channel_named(reading, now->name);

    if (!now->source->others_write)
        config_add_finding(reading->config, true, at_line(reading, line), "%s", why);
    if (channel && now->title[0] && !title_trouble(reading->arena, now->title)[0] &&
        !section_titled(reading->config, now->title))
        break_section(reading, add_section(reading, channel), line, why);
}

/* So far one route serves every event; a second one would be obeyed by nobody. */
static void read_route(struct reading *reading)
{
    struct config *config = reading->config;
    struct form inside = {.arena = reading->arena};
    struct form form = {.arena = reading->arena};
    struct parsed parsed;
    struct givens givens;

    if (!has_shape(reading, SHAPE_SECTION, "route \"TITLE\" { ... }"))
        return;
    if (config->route) {
        config_add_finding(config, true, here(reading), "there is a route already, at %s: keep one of them",
                           config->route->where);
        return;
    }
    for (const struct value_row *row = ROUTE_ROWS; row->name; row++)
        form_add_name(&inside, row->name, row->kind == VALUE_LIST);
    form_add_block(&form, "route", &inside, true);
    if (!parse(reading, &form, &parsed))
        return;
    givens = gather(reading, parsed_block(parsed.cfg, "route"), "");
    config->route = arena_alloc(config->arena, sizeof(*config->route));
    *config->route = (struct route){.title = reading->now->title, .where = here(reading), .template_name = ""};
    fill_block(reading, ROUTE_ROWS, &givens, config->route);
}

static void read_statement(struct reading *reading)
{
    const struct statement *now = reading->now;
    const struct channel *channel = channel_named(reading, now->name);

    if (now->mistake[0])
        tell_unusable(reading, now->mistake_line, now->mistake);
    else if (now->source->others_write)
        tell_unusable(reading, now->line, "every user of this machine may write this file: chmod 0640 it");
    else if (channel)
        read_section(reading, channel);
    else if (strcmp(now->name, "contact") == 0)
        read_contact(reading);
    else if (strcmp(now->name, "route") == 0)
        read_route(reading);
    else if (strcmp(now->name, "include") == 0)
        has_shape(reading, SHAPE_NONE, "include(\"conf.d/*.conf\")");
    else if (rows_of_block(now->name))
        read_block(reading, rows_of_block(now->name));
    else if (value_row_named(GLOBAL_ROWS, now->name))
        read_global(reading, value_row_named(GLOBAL_ROWS, now->name));
    else
        tell_unknown(reading);
}

/* The whole. */

static void check_modes(struct config *config, const struct statements *statements)
{
    for (size_t i = 0; i < statements->source_count; i++) {
        const struct source_file *source = statements->sources[i];

        if (source->others_write)
            config_add_finding(
                config, true, source->path,
                "every user of this machine may write this file, so nothing in it is used: chmod 0640 '%s'",
                source->path);
        else if (source->group_writes)
            config_add_finding(config, false, source->path, "its group may write this file: chmod g-w '%s'",
                               source->path);
    }
}

/* Titles and @names that stand in `who`, "'operator'" or "route \"db\"", must be there. */
static void check_channels(struct config *config, const char *where, const char *who, const struct text_list *channels)
{
    for (size_t i = 0; i < channels->count; i++)
        if (!section_titled(config, channels->items[i]))
            config_add_finding(config, true, where, "%s names the channel '%s', and there is no section of that title",
                               who, channels->items[i]);
}

static void check_people(struct config *config, const char *where, const char *who, const struct text_list *to)
{
    for (size_t i = 0; i < to->count; i++)
        if (to->items[i][0] == '@' && strcmp(to->items[i], "@all") != 0 && !config_contact(config, to->items[i] + 1))
            config_add_finding(config, true, where, "%s names %s, and there is no contact of that title", who,
                               to->items[i]);
}

static void check_operator(struct config *config, const char *where)
{
    check_channels(config, where, "'operator'", &config->operator.channels);
    check_people(config, where, "'operator'", &config->operator.to);
}

static void check_route(struct config *config, const struct route *route)
{
    const char *who = arena_print(config->arena, "route \"%s\"", route->title);

    check_channels(config, route->where, who, &route->channels);
    check_channels(config, route->where, who, &route->also);
    check_people(config, route->where, who, &route->to);
    if (route->channels.count + route->also.count == 0)
        config_add_finding(config, true, route->where, "%s tells nobody: give it channels = {\"SECTION\"}", who);
}

/* Sections begin with these, wherever they stand in the file. */
static bool is_inherited(const struct statement *statement)
{
    return strcmp(statement->name, "retry") == 0 || strcmp(statement->name, "limit") == 0;
}

static void read_those(struct reading *reading, const struct statements *statements, bool inherited)
{
    for (size_t i = 0; i < statements->count; i++) {
        reading->now = &statements->items[i];
        if (is_inherited(reading->now) == inherited)
            read_statement(reading);
    }
}

static void read_statements(struct reading *reading, const struct statements *statements)
{
    const struct given *operator;

    read_those(reading, statements, true);
    read_those(reading, statements, false);
    operator= given_named(&reading->seen, "operator");
    if (operator)
        check_operator(reading->config, operator->where);
    if (reading->config->route)
        check_route(reading->config, reading->config->route);
}

struct config *config_none(struct arena *arena)
{
    struct config *config = arena_alloc(arena, sizeof(*config));

    *config = (struct config){
        .arena = arena,
        .path = "",
        .directory = "",
        .state = "/var/lib/notification-plugins",
        .templates = NOTIFY_DATADIR "/templates",
        .language = LANGUAGE_EN,
        .timezone = "",
        .retry = retry_default,
        .limits = {.limits = {.per_minute = 5, .per_hour = 20, .per_day = 100},
                   .repeat_within_s = 170,
                   .exempt = 1U << SEVERITY_EMERGENCY},
        .confirm = {.base_url = "",                                                           .from = SEVERITY_ERROR      },
        .proxy = "",
        .no_proxy = "",
        .ca_file = "",
    };
    for (size_t i = 0; i < SEVERITY_COUNT; i++)
        config->confirm.within_s[i] = 30 * MINUTE;
    config->confirm.within_s[SEVERITY_CRITICAL] = 15 * MINUTE;
    config->confirm.within_s[SEVERITY_EMERGENCY] = 5 * MINUTE;
    return config;
}

static void tell_remedy(const char *path, struct fault *fault)
{
    if (access(path, R_OK) == 0)
        return;
    if (errno == ENOENT)
        fault_set(fault, FAULT_CONFIG,
                  "there is no configuration file '%s': copy " NOTIFY_DATADIR
                  "/notification.conf there and fill it in, or name another with --config",
                  path);
    else if (errno == EACCES)
        fault_set(
            fault, FAULT_CONFIG,
            "this user may not read '%s': put it into the file's group (usermod -aG notification-secrets USER) and "
            "restart its daemon",
            path);
}

struct config *config_load(struct arena *arena, const char *path, const struct channel *const *channels,
                           struct fault *fault)
{
    struct statements statements = {.arena = arena};
    struct config *config = config_none(arena);
    struct reading reading = {.config = config, .arena = arena, .channels = channels, .seen = {.arena = arena}};

    config->path = path;
    config->directory = directory_of(arena, path);
    if (!statements_read(&statements, path, fault)) {
        tell_remedy(path, fault);
        return NULL;
    }
    check_modes(config, &statements);
    read_statements(&reading, &statements);
    return config;
}
