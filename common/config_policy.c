#include "common/config_policy.h"

#include <string.h>

static const struct policy_statement *const STATEMENTS[] = {&contact_statement, &calendar_statement,
                                                            &rotation_statement, &route_statement, &template_statement};
enum { STATEMENT_COUNT = sizeof(STATEMENTS) / sizeof(*STATEMENTS) };

/* What several of them have in common. */

struct hours_list policy_hours(const struct reading *reading, const struct givens *givens, const char *name)
{
    const struct given *given = given_named(givens, name);
    struct hours_list list = {0};
    size_t count = given ? given->values.count : 0;

    list.items = arena_alloc(reading->arena, (count + 1) * sizeof(*list.items));
    for (size_t i = 0; i < count; i++) {
        struct fault fault = {0};
        bool always = false;

        if (!hours_read(reading->arena, given->values.items[i], &list.items[list.count], &always, &fault))
            config_add_finding(reading->config, true, given->where, "'%s': %s", name, fault.text);
        else if (always)
            return (struct hours_list){0};
        else
            list.count++;
    }
    return list;
}

bool policy_is_title(const char *text)
{
    return text[0] == '@' && text[1] != '\0';
}

const char *policy_bare(const char *title)
{
    return policy_is_title(title) ? title + 1 : title;
}

const char *policy_where(const struct reading *reading, const struct givens *givens, const char *name)
{
    const struct given *given = given_named(givens, name);

    return given ? given->where : reading_here(reading);
}

/* Names of others. */

static struct calendar *calendar_for_hours(void *self, const char *title)
{
    const struct policy_context *policy = self;
    struct calendar *calendar = config_calendar(policy->config, title);
    struct fault fault = {0};

    return calendar && calendar_open(calendar, policy->now_s, &fault) ? calendar : NULL;
}

static const char *person_for_rotations(void *self, const char *entry)
{
    const struct policy_context *policy = self;
    const struct contact *contact = config_contact_meant(policy->config, entry);

    return contact ? contact->name : entry;
}

struct hours_context route_hours_context(struct policy_context *policy)
{
    return (struct hours_context){.arena = policy->config->arena,
                                  .timezone = policy->config->timezone,
                                  .calendar = calendar_for_hours,
                                  .person = person_for_rotations,
                                  .self = policy};
}

bool config_names_somebody(const struct config *config, const char *name)
{
    const char *slash = strchr(name, '/');
    const struct rotation *rotation =
        config_rotation(config, slash ? arena_copy(config->arena, name, (size_t)(slash - name)) : name);

    if (rotation)
        return rotation_layer_named(rotation, slash ? slash + 1 : "") != NULL;
    return config_contact(config, name) != NULL;
}

/* Checks over the whole. */

static bool has_section(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->section_count; i++)
        if (strcmp(config->sections[i]->title, title) == 0)
            return true;
    return false;
}

void config_check_channels(struct config *config, const char *where, const char *who, const struct text_list *channels)
{
    for (size_t i = 0; i < channels->count; i++)
        if (!has_section(config, channels->items[i]))
            config_add_finding(config, true, where, "%s names the channel '%s', and there is no section of that title",
                               who, channels->items[i]);
}

void config_check_people(struct config *config, const char *where, const char *who, const struct text_list *to)
{
    for (size_t i = 0; i < to->count; i++)
        if (policy_is_title(to->items[i]) && strcmp(to->items[i], "@all") != 0 &&
            !config_names_somebody(config, to->items[i] + 1))
            config_add_finding(config, true, where,
                               "%s names %s, and there is no contact, rotation or layer of that title", who,
                               to->items[i]);
}

void policy_check_hours(struct config *config, const char *where, const struct hours_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].days != DAYS_OF_WEEK && !config_calendar(config, list->items[i].calendar))
            config_add_finding(config, true, where,
                               "'%s' names the calendar '%s', and there is none of that title: it is taken for always",
                               list->items[i].text, list->items[i].calendar);
}

void policy_check_names(struct config *config)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (STATEMENTS[i]->check)
            STATEMENTS[i]->check(config);
}

/* Statements. */

void policy_add_names(struct form *form)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        form_add_name(form, STATEMENTS[i]->name, false);
}

static bool title_is_good(const struct reading *reading, const struct policy_statement *statement)
{
    const char *title = reading->now->title;

    if (statement->people && strcmp(title, "all") == 0) {
        config_add_finding(reading->config, true, reading_here(reading),
                           "@all means everybody: give this %s another title", statement->name);
        return false;
    }
    return (statement->any_title || reading_title_fits(reading)) &&
           reading_title_is_free(reading, statement->where_taken(reading->config, title));
}

static void read_statement(struct reading *reading, const struct policy_statement *statement)
{
    struct form inside = statement->form(reading);
    struct form form = {.arena = reading->arena};
    struct parsed parsed;

    form_add_block(&form, statement->name, &inside, true);
    if (reading_has_shape(reading, SHAPE_SECTION,
                          arena_print(reading->arena, "%s \"TITLE\" { ... }", statement->name)) &&
        title_is_good(reading, statement) && reading_parse_leniently(reading, &form, &parsed))
        statement->fill(reading, parsed_block(parsed.cfg, statement->name));
}

bool policy_read(struct reading *reading)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (strcmp(STATEMENTS[i]->name, reading->now->name) == 0) {
            read_statement(reading, STATEMENTS[i]);
            return true;
        }
    return false;
}
