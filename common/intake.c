#include "common/intake.h"

#include <string.h>
#include <strings.h>

#include "common/config.h"
#include "common/intake_input.h"
#include "common/intake_sources.h"
#include "common/str.h"
#include "common/utf8.h"

enum { PARAMETERS_MOST = 100 }; /* of a rule of Checkmk */

static const struct {
    const char *name;
    enum source source;
} SOURCES[] = {
    {"auto",    SOURCE_AUTO   },
    {"zabbix",  SOURCE_ZABBIX },
    {"nagios",  SOURCE_NAGIOS },
    {"naemon",  SOURCE_NAGIOS },
    {"icinga2", SOURCE_ICINGA2},
    {"checkmk", SOURCE_CHECKMK},
    {"json",    SOURCE_JSON   },
    {"manual",  SOURCE_MANUAL },
};

/* One run of intake_read(). */
struct reading {
    const struct intake *intake;
    struct sources from;
    struct facts facts;
    struct call *call;
    struct fault *fault;
};

static const char *source_name(enum source source)
{
    size_t i = 0;

    while (SOURCES[i].source != source)
        i++;
    return SOURCES[i].name;
}

static const char *given(const struct reading *reading, const char *option)
{
    const char *value = line_value(&reading->from.line, option);

    return value ? value : "";
}

static bool in_environment(const struct reading *reading, const char *name)
{
    return environment_get(reading->intake->environment, name)[0] != '\0';
}

/* Checkmk passes no arguments: the parameters of its rule take their place. */
static char **parameters_of_checkmk(const struct intake *intake, size_t *count)
{
    char **parameters = arena_alloc(intake->arena, PARAMETERS_MOST * sizeof(*parameters));

    for (*count = 0; *count < PARAMETERS_MOST; ++*count) {
        const char *name = arena_print(intake->arena, "NOTIFY_PARAMETER_%zu", *count + 1);
        const char *value = environment_get(intake->environment, name);

        if (!value[0])
            break;
        parameters[*count] = arena_copy(intake->arena, value, strlen(value));
    }
    return parameters;
}

static bool read_line(struct reading *reading)
{
    const struct intake *intake = reading->intake;
    size_t count = intake->argc > 1 ? (size_t)intake->argc - 1 : 0;
    char **arguments = intake->argv + (count > 0);

    if (count == 0 && in_environment(reading, "NOTIFY_WHAT"))
        arguments = parameters_of_checkmk(intake, &count);
    return line_read(intake, count, arguments, &reading->from.line, reading->fault);
}

static bool uses_letters(const struct line *line)
{
    for (size_t i = 0; i < line->option_count; i++)
        if (line->options[i].by_letter)
            return true;
    return false;
}

static bool uses_options_of_nagios(const struct reading *reading)
{
    static const char *const OF_NAGIOS[] = {"long", "problem-id", "last-problem-id", "notification-id"};

    for (size_t i = 0; i < sizeof(OF_NAGIOS) / sizeof(*OF_NAGIOS); i++)
        if (line_value(&reading->from.line, OF_NAGIOS[i]))
            return true;
    return false;
}

/* How env{} of an Icinga 2 command looks; HOSTNAME alone is set on many machines. */
static bool has_environment_of_icinga2(const struct reading *reading)
{
    return in_environment(reading, "NOTIFICATIONTYPE") && in_environment(reading, "HOSTNAME");
}

static enum source source_told_by_call(const struct reading *reading)
{
    if (in_environment(reading, "NOTIFY_WHAT"))
        return SOURCE_CHECKMK;
    if (in_environment(reading, "NAGIOS_NOTIFICATIONTYPE") || uses_options_of_nagios(reading))
        return SOURCE_NAGIOS;
    if (uses_letters(&reading->from.line) || has_environment_of_icinga2(reading))
        return SOURCE_ICINGA2;
    return reading->from.line.operand_count > 0 ? SOURCE_ZABBIX : SOURCE_MANUAL;
}

static bool source_named(const char *name, enum source *source)
{
    for (size_t i = 0; i < sizeof(SOURCES) / sizeof(*SOURCES); i++) {
        if (strcasecmp(SOURCES[i].name, name) == 0) {
            *source = SOURCES[i].source;
            return true;
        }
    }
    return false;
}

static bool find_source(const struct reading *reading, enum source *source)
{
    const char *name = given(reading, "source");
    enum source found = SOURCE_AUTO;

    if (name[0] && !source_named(name, &found))
        return fault_set(reading->fault, FAULT_USAGE,
                         "--source is auto, zabbix, nagios, icinga2, checkmk, json or manual, not '%s'",
                         utf8_clean_line(reading->intake->arena, name, strlen(name)));
    *source = found == SOURCE_AUTO ? source_told_by_call(reading) : found;
    return true;
}

static bool read_deadline(const struct reading *reading, int64_t *deadline_ms)
{
    const char *text = line_value(&reading->from.line, "deadline");
    int64_t seconds = 0;

    if (!text)
        return true;
    if (!duration_read(arena_print(reading->intake->arena, "%ss", text), &seconds) ||
        seconds < DEADLINE_LEAST_MS / 1000 || seconds > DEADLINE_MOST_MS / 1000)
        return fault_set(reading->fault, FAULT_USAGE, "--deadline is a number of seconds from 1 to 3600, not '%s'",
                         utf8_clean_line(reading->intake->arena, text, strlen(text)));
    *deadline_ms = 1000 * seconds;
    return true;
}

/* Operands that are recipients: TO of TO SUBJECT MESSAGE, every parameter of Checkmk's rule. */
static size_t recipients_among_operands(const struct reading *reading)
{
    size_t count = reading->from.line.operand_count;

    switch (reading->call->source) {
    case SOURCE_CHECKMK:
        return count;
    case SOURCE_ZABBIX:
    case SOURCE_JSON:
    case SOURCE_MANUAL:
        return count > 0 ? 1 : 0;
    case SOURCE_NAGIOS:
    case SOURCE_ICINGA2:
    case SOURCE_AUTO:
        break;
    }
    return 0;
}

/* The contact's mail address counts only where the call names nobody. */
static const char *recipient_of_environment(const struct reading *reading)
{
    enum source source = reading->call->source;

    if (source == SOURCE_NAGIOS)
        return environment_get(reading->intake->environment, "NAGIOS_CONTACTEMAIL");
    if (source == SOURCE_CHECKMK)
        return environment_get(reading->intake->environment, "NOTIFY_CONTACTEMAIL");
    if (source == SOURCE_ICINGA2 && has_environment_of_icinga2(reading))
        return environment_get(reading->intake->environment, "USEREMAIL");
    return "";
}

static void add_recipient(struct reading *reading, const char **items, const char *to)
{
    const char *clean = utf8_clean_line(reading->intake->arena, to, strlen(to));

    if (clean[0] && !(reading->facts.absent && reading->facts.absent(clean)))
        items[reading->call->to.count++] = clean;
}

static void read_recipients(struct reading *reading)
{
    const struct line *line = &reading->from.line;
    size_t operands = recipients_among_operands(reading);
    const char **items = arena_alloc(reading->intake->arena, (line->option_count + operands + 1) * sizeof(*items));

    reading->call->to.items = items;
    for (size_t i = 0; i < line->option_count; i++)
        if (strcmp(line->options[i].option->name, "to") == 0)
            add_recipient(reading, items, line->options[i].value);
    for (size_t i = 0; i < operands; i++)
        add_recipient(reading, items, line->operands[i]);
    if (reading->call->to.count == 0)
        add_recipient(reading, items, recipient_of_environment(reading));
}

/* All but the event. */
static void read_control(struct reading *reading)
{
    struct arena *arena = reading->intake->arena;
    const struct line *line = &reading->from.line;
    const char *config = given(reading, "config");
    const char *profile = given(reading, "profile");

    *reading->call = (struct call){
        .wish = line->wish,
        .source = SOURCE_MANUAL,
        .event = event_empty(),
        .deadline_ms = DEADLINE_DEFAULT_MS,
        .profile = utf8_clean_line(arena, profile, strlen(profile)),
        .config_path =
            config[0] ? config : environment_get(reading->intake->environment, "NOTIFICATION_PLUGINS_CONFIG"),
        .state = given(reading, "state-dir"),
        .template_name = given(reading, "template"),
        .dry_run = line_value(line, "dry-run") != NULL,
        .verbose = line_value(line, "verbose") != NULL,
        .json = line_value(line, "json") != NULL,
        .options = line->settings,
    };
}

/* Words that slipped out of their quotes are part of the text. */
static void add_stray_operands(struct reading *reading)
{
    const struct line *line = &reading->from.line;
    struct str text = str_in(reading->intake->arena, TEXT_MOST);

    for (size_t i = 0; i < line->operand_count; i++)
        str_addf(&text, " %s", line->operands[i]);
    if (line->operand_count == 0)
        return;
    for (size_t i = 0; i < reading->facts.count; i++)
        if (strcmp(reading->facts.items[i].name, "message") == 0)
            reading->facts.items[i].value =
                arena_print(reading->intake->arena, "%s%s", reading->facts.items[i].value, text.text);
    facts_add(&reading->facts, "message", text.text + 1);
}

static void read_plain(struct reading *reading)
{
    const struct line *line = &reading->from.line;

    facts_add_line(&reading->facts, line);
    facts_add_output(&reading->facts, given(reading, "message"), given(reading, "long"));
    facts_add(&reading->facts, "event_id", facts_get(&reading->facts, "problem_id"));
    if (line->operand_count > 1)
        facts_add(&reading->facts, "subject", line->operands[1]);
    if (line->operand_count > 2)
        facts_add(&reading->facts, "message", line->operands[2]);
}

static bool read_input(const struct reading *reading, const char **text)
{
    return input_read(reading->intake->arena, reading->intake->input, reading->call->deadline_ms, text, reading->fault);
}

static bool read_json(struct reading *reading)
{
    const char *text;

    if (!read_input(reading, &text) ||
        !input_event(reading->intake->arena, text, &reading->call->event, reading->fault))
        return false;
    read_plain(reading);
    return true;
}

/* "--message -": for scripts and for people. */
static bool read_message_from_input(struct reading *reading)
{
    struct line *line = &reading->from.line;
    const char *text;

    if (strcmp(given(reading, "message"), "-") != 0)
        return true;
    if (!read_input(reading, &text))
        return fault_in(reading->fault, "--message -");
    for (size_t i = 0; i < line->option_count; i++)
        if (strcmp(line->options[i].option->name, "message") == 0)
            line->options[i].value = text;
    return true;
}

static bool read_event(struct reading *reading)
{
    switch (reading->call->source) {
    case SOURCE_ZABBIX:
        if (!read_message_from_input(reading))
            return false;
        zabbix_read(&reading->from);
        return true;
    case SOURCE_NAGIOS:
        nagios_read(&reading->from);
        add_stray_operands(reading);
        return true;
    case SOURCE_ICINGA2:
        icinga2_read(&reading->from, has_environment_of_icinga2(reading) ||
                                         strcasecmp(given(reading, "source"), source_name(SOURCE_ICINGA2)) == 0);
        add_stray_operands(reading);
        return true;
    case SOURCE_CHECKMK:
        checkmk_read(&reading->from);
        return true;
    case SOURCE_JSON:
        return read_json(reading);
    case SOURCE_AUTO:
    case SOURCE_MANUAL:
        break;
    }
    if (!read_message_from_input(reading))
        return false;
    read_plain(reading);
    return true;
}

/* Whom it concerns and which server told it are no news by themselves. */
static bool says_something(const struct event *event)
{
    static const char *const NO_NEWS[] = {"source", "source_name", "instance", "contact", "template"};

    for (const struct event_field *field = event_fields; field->name; field++) {
        bool is_news = event_text(event, field)[0] != '\0';

        for (size_t i = 0; i < sizeof(NO_NEWS) / sizeof(*NO_NEWS); i++)
            is_news = is_news && strcmp(field->name, NO_NEWS[i]) != 0;
        if (is_news)
            return true;
    }
    return event->tags.count > 0 || event->fields.count > 0;
}

/* Zabbix' stock template of an internal event is empty: TO, "" and "" are a call all the same. */
static bool check_says_something(const struct reading *reading)
{
    const struct call *call = reading->call;

    if (says_something(&call->event) || (call->source == SOURCE_ZABBIX && reading->from.line.operand_count > 1))
        return true;
    if (call->source == SOURCE_JSON)
        return fault_set(reading->fault, FAULT_INPUT,
                         "the JSON event says nothing: no subject, message, host or state");
    return fault_set(reading->fault, FAULT_USAGE,
                     "nothing to send: give --subject or --message, or TO SUBJECT MESSAGE; see --help");
}

static bool read_call(struct reading *reading)
{
    struct event *event = &reading->call->event;

    if (!find_source(reading, &reading->call->source) || !read_deadline(reading, &reading->call->deadline_ms) ||
        !read_event(reading))
        return false;
    read_recipients(reading);
    facts_settle(&reading->facts, event);
    if (!event->source[0])
        event->source = source_name(reading->call->source);
    return check_says_something(reading);
}

bool intake_read(const struct intake *intake, struct call *call, struct fault *fault)
{
    struct call read;
    struct reading reading = {.intake = intake, .call = &read, .fault = fault, .facts = {.arena = intake->arena}};

    reading.from.environment = intake->environment;
    reading.from.facts = &reading.facts;
    if (!read_line(&reading))
        return false;
    read_control(&reading);
    if (read.wish == WISH_SEND && !read_call(&reading))
        return false;
    *call = read;
    return true;
}
