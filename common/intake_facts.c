#include "common/intake_facts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/intake_time.h"
#include "common/intake_words.h"
#include "common/utf8.h"

static const char FIELD[] = "field.";

static const struct fact *fact_named(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].name, name) == 0)
            return &facts->items[i];
    return NULL;
}

static bool is_blank(const char *value)
{
    return value[strspn(value, " \t\r\n")] == '\0';
}

static bool is_field(const char *name)
{
    return strncmp(name, FIELD, strlen(FIELD)) == 0;
}

void facts_add(struct facts *facts, const char *name, const char *value)
{
    size_t count = facts->count;

    if (is_blank(value) || (facts->absent && facts->absent(value)) || (is_field(name) && count >= PAIRS_MOST) ||
        fact_named(facts, name))
        return;
    /* The space doubles: at each power of two the array is full. */
    if ((count & (count - 1)) == 0)
        facts->items = arena_grow(facts->arena, facts->items, (count ? 2 * count : 1) * sizeof(*facts->items));
    facts->items[facts->count++] = (struct fact){.name = name, .value = value};
}

const char *facts_get(const struct facts *facts, const char *name)
{
    const struct fact *fact = fact_named(facts, name);

    return fact ? fact->value : "";
}

void facts_add_tag(struct facts *facts, const char *name, const char *value)
{
    if (!is_blank(name) && facts->tags.count < PAIRS_MOST)
        pairs_add(facts->arena, &facts->tags, name, facts->absent && facts->absent(value) ? "" : value);
}

/* "NAME=VALUE": a tag without a value is one, too. */
static void add_pair(struct facts *facts, bool is_tag, const char *text)
{
    size_t len = strcspn(text, "=");
    const char *name = arena_copy(facts->arena, text, len);
    const char *value = text + len + (text[len] == '=');

    if (is_tag)
        facts_add_tag(facts, name, value);
    else if (!is_blank(name))
        facts_add(facts, arena_print(facts->arena, "%s%s", FIELD, name), value);
}

void facts_add_line(struct facts *facts, const struct line *line)
{
    for (size_t i = 0; i < line->option_count; i++)
        if (strcmp(line->options[i].option->name, "tag") == 0)
            add_pair(facts, true, line->options[i].value);
    for (size_t i = line->option_count; i-- > 0;) {
        const struct line_option *given = &line->options[i];

        if (given->option->fact[0])
            facts_add(facts, given->option->fact, given->value);
        else if (strcmp(given->option->name, "field") == 0)
            add_pair(facts, false, given->value);
    }
}

/* Of the variable whose name is `prefix` and `name` together. */
static const char *get_prefixed(char *const *environment, const char *prefix, const char *name)
{
    size_t prefix_len = strlen(prefix);
    size_t len = strlen(name);

    for (; environment && *environment; environment++) {
        const char *rest = *environment + prefix_len;

        if (strncmp(*environment, prefix, prefix_len) == 0 && strncmp(rest, name, len) == 0 && rest[len] == '=')
            return rest + len + 1;
    }
    return "";
}

const char *environment_get(char *const *environment, const char *name)
{
    return get_prefixed(environment, "", name);
}

void facts_add_environment(struct facts *facts, char *const *environment, const char *prefix,
                           const struct variable *table)
{
    for (; table->name; table++)
        facts_add(facts, table->fact, get_prefixed(environment, prefix, table->name));
}

bool is_web_address(const char *text)
{
    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        return false;
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7F || strchr("\"<>\\^`{|}", *text))
            return false;
    return true;
}

static void add_field(struct arena *arena, struct event *event, const char *name, const char *value)
{
    pairs_add(arena, &event->fields, name, value);
}

static void settle_text(const struct facts *facts, const struct fact *fact, struct event *event)
{
    const struct event_field *field = event_field_named(fact->name);

    if (is_field(fact->name))
        add_field(facts->arena, event, fact->name + strlen(FIELD), fact->value);
    else if (field)
        event_set(facts->arena, event, field, fact->value);
}

/* An address that no browser shall open is kept as text. */
static void settle_page(const struct facts *facts, struct event *event, const char *name, const char **page)
{
    if (!(*page)[0] || is_web_address(*page))
        return;
    add_field(facts->arena, event, name, *page);
    *page = "";
}

static void settle_kind(const struct facts *facts, struct event *event)
{
    const char *type = facts_get(facts, "type");

    if (word_kind(type, &event->kind) || event_kind_from(facts_get(facts, "kind"), &event->kind))
        return;
    if (type[0]) {
        event->kind = EVENT_CUSTOM;
        add_field(facts->arena, event, "type", type);
    } else if (facts_get(facts, "state")[0]) {
        event->kind = word_is_well(event->state) ? EVENT_RECOVERY : EVENT_PROBLEM;
    }
}

static void settle_severity(const struct facts *facts, struct event *event)
{
    const char *severity = facts_get(facts, "severity");

    if (word_severity(severity, &event->severity))
        return;
    if (severity[0])
        add_field(facts->arena, event, "severity", severity);
    if (facts_get(facts, "state")[0])
        word_severity(event->state, &event->severity);
}

static void settle_time(const struct facts *facts, struct event *event)
{
    const char *time = facts_get(facts, "time");

    if (!time_read(time, &event->time_s) && time[0])
        add_field(facts->arena, event, "time", time);
}

static void settle_duration(const struct facts *facts, struct event *event)
{
    const char *seconds = facts_get(facts, "duration_sec");
    size_t digits = strspn(seconds, "0123456789");

    if (digits == 0 || digits > 12)
        return;
    add_field(facts->arena, event, "duration_sec", seconds);
    if (event->duration[0] == '\0')
        event->duration = civil_duration(facts->arena, strtoll(seconds, NULL, 10));
}

static void settle_address(const struct facts *facts, struct event *event)
{
    const char *address6 = facts_get(facts, "address6");

    if (!address6[0])
        return;
    if (event->address[0])
        add_field(facts->arena, event, "address6", address6);
    else
        event_set(facts->arena, event, event_field_named("address"), address6);
}

void facts_settle(const struct facts *facts, struct event *event)
{
    for (size_t i = 0; i < facts->count; i++)
        settle_text(facts, &facts->items[i], event);
    for (size_t i = 0; i < facts->tags.count; i++)
        pairs_add(facts->arena, &event->tags, facts->tags.items[i].name, facts->tags.items[i].value);
    settle_page(facts, event, "url", &event->url);
    settle_page(facts, event, "runbook_url", &event->runbook_url);
    settle_kind(facts, event);
    settle_severity(facts, event);
    settle_time(facts, event);
    settle_duration(facts, event);
    settle_address(facts, event);
}
