#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/config_reading.h"
#include "common/route.h"

const char *const policy_names[] = {"calendar", "rotation", "route", NULL};

/* Values of more than one kind. */

/* A mistake leaves out the hours that it stands in; when none are left, they are `always`. */
static struct hours_list read_hours(const struct reading *reading, const struct givens *givens, const char *name)
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

/* A moment of the wall clock; false with a finding. */
static bool read_local(const struct reading *reading, const struct givens *givens, const char *name, int64_t *local)
{
    const struct given *given = given_named(givens, name);
    const char *text = given && given->values.count == 1 ? given->values.items[0] : "";

    if (local_read(text, local))
        return true;
    config_add_finding(reading->config, true, given ? given->where : reading_here(reading),
                       "'%s' wants a day and time of day such as 2026-02-16 09:00, not '%s'", name, text);
    return false;
}

static bool is_a_title(const char *text)
{
    return text[0] == '@' && text[1] != '\0';
}

/* "@zhang" and "zhang" are the same where only people can be meant. */
static const char *bare(const char *title)
{
    return is_a_title(title) ? title + 1 : title;
}

/* Calendars. */

static const struct value_row CALENDAR_ROWS[] = {
    ROW("file", PATH, struct calendar, path, 0, 0), /* .ics, or the text form of calendar.h */
    ROW("timezone", ZONE, struct calendar, timezone, 0, 0),
    ROW_END,
};

static struct calendar *new_calendar(const struct reading *reading, const char *title, const char *where)
{
    struct calendar *calendar = arena_alloc(reading->arena, sizeof(*calendar));

    *calendar = (struct calendar){.arena = reading->arena,
                                  .title = title,
                                  .where = where,
                                  .path = "",
                                  .timezone = reading->config->timezone,
                                  .trouble = ""};
    return calendar;
}

static void fill_calendar(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct calendar *calendar = new_calendar(reading, reading->now->title, reading_here(reading));
    struct givens givens = reading_gather(reading, cfg, "");

    reading_fill(reading, CALENDAR_ROWS, &givens, calendar);
    if (!calendar->path[0])
        config_add_finding(config, true, calendar->where,
                           "calendar \"%s\" has no file: write file = \"calendars/cn-2026.txt\"", calendar->title);
    config->calendars =
        arena_grow(config->arena, config->calendars, (config->calendar_count + 1) * sizeof(struct calendar *));
    config->calendars[config->calendar_count++] = calendar;
}

/* Rotations. */

struct layer_values {
    const char *name;
    struct text_list members;
    const char *every;
    const char *starts;
    const char *file;
};

struct rotation_values {
    struct layer_values layer;
    const char *timezone;
    const char *otherwise;
};

#define LAYER_ROWS(type, path)                                                                    \
    ROW("members", LIST, type, path members, 0, 0), ROW("starts", TEXT, type, path starts, 0, 0), \
        ROW("every", TEXT, type, path every, 0, 0), ROW("file", PATH, type, path file, 0, 0)

static const struct value_row LAYER_ROWS_ALONE[] = {
    ROW("name", TEXT, struct layer_values, name, 0, 0),
    LAYER_ROWS(struct layer_values, ),
    ROW_END,
};

static const struct value_row ROTATION_ROWS[] = {
    LAYER_ROWS(struct rotation_values, layer.),
    ROW("timezone", ZONE, struct rotation_values, timezone, 0, 0),
    ROW("otherwise", TEXT, struct rotation_values, otherwise, 0, 0),
    ROW_END,
};

struct override_values {
    const char *member;
    const char *layer;
    struct text_list between;
};

static const struct value_row OVERRIDE_ROWS[] = {
    ROW("member", TEXT, struct override_values, member, 0, 0),
    ROW("layer", TEXT, struct override_values, layer, 0, 0),
    ROW_END,
};

static const struct value_row SWAP_ROWS[] = {
    ROW("between", LIST, struct override_values, between, 0, 0),
    ROW("layer", TEXT, struct override_values, layer, 0, 0),
    ROW_END,
};

static const char *where_of(const struct reading *reading, const struct givens *givens, const char *name)
{
    const struct given *given = given_named(givens, name);

    return given ? given->where : reading_here(reading);
}

static struct text_list bare_list(const struct reading *reading, struct text_list titles)
{
    const char **items = arena_alloc(reading->arena, (titles.count + 1) * sizeof(*items));

    for (size_t i = 0; i < titles.count; i++)
        items[i] = bare(titles.items[i]);
    return (struct text_list){.items = items, .count = titles.count};
}

static bool read_every(const struct reading *reading, const struct givens *givens, const char *text, int64_t *every_s)
{
    enum { LEAST_S = HOUR, MOST_S = 370 * DAY };

    if (duration_read(text, every_s) && *every_s >= LEAST_S && *every_s <= MOST_S)
        return true;
    config_add_finding(reading->config, true, where_of(reading, givens, "every"),
                       "'every' wants the length of a turn from 1h to 370d, such as 12h, 1d or 1w, not '%s'", text);
    return false;
}

/* A turn's beginning and length belong to its members; a file brings its own. */
static bool fill_layer(const struct reading *reading, const struct givens *givens, const struct layer_values *values,
                       struct rotation_layer *layer)
{
    layer->members = bare_list(reading, values->members);
    if (values->file[0]) {
        layer->calendar = new_calendar(reading, reading->now->title, layer->where);
        layer->calendar->path = values->file;
        layer->calendar->only_spans = true;
        return true;
    }
    if (layer->members.count == 0) {
        config_add_finding(reading->config, true, layer->where,
                           "there is nobody in turn: write members = {\"zhang\", \"li\"}, or file = \"oncall.ics\"");
        return false;
    }
    return read_local(reading, givens, "starts", &layer->starts) &&
           read_every(reading, givens, values->every, &layer->every_s);
}

static void add_layer(const struct reading *reading, struct rotation *rotation, const struct rotation_layer *layer)
{
    rotation->layers =
        arena_grow(reading->arena, rotation->layers, (rotation->layer_count + 1) * sizeof(*rotation->layers));
    rotation->layers[rotation->layer_count++] = *layer;
}

static void read_layers(const struct reading *reading, cfg_t *cfg, struct rotation *rotation)
{
    size_t count = parsed_block_count(cfg, "layer");

    for (size_t i = 0; i < count; i++) {
        cfg_t *block = parsed_block_nth(cfg, "layer", i);
        struct givens givens = reading_gather_nth(reading, block, "layer", i);
        struct layer_values values = {.name = "", .every = "", .starts = "", .file = ""};
        struct rotation_layer layer = {.where = reading_at(reading, reading_line_of_nth(reading, "layer", i))};

        reading_fill(reading, LAYER_ROWS_ALONE, &givens, &values);
        layer.name = values.name;
        if (layer.name[0] == '\0')
            config_add_finding(reading->config, true, layer.where,
                               "a layer wants a name: write layer { name = \"secondary\" ... }");
        else if (rotation_layer_named(rotation, layer.name))
            config_add_finding(reading->config, true, layer.where, "the layer '%s' is there already: keep one of them",
                               layer.name);
        else if (title_trouble(reading->arena, layer.name)[0])
            config_add_finding(reading->config, true, layer.where, "%s", title_trouble(reading->arena, layer.name));
        else if (fill_layer(reading, &givens, &values, &layer))
            add_layer(reading, rotation, &layer);
    }
}

static void add_override(const struct reading *reading, struct rotation *rotation,
                         const struct rotation_override *override)
{
    if (override->until <= override->from) {
        config_add_finding(reading->config, true, override->where, "it ends before it begins: until is after from");
        return;
    }
    rotation->overrides =
        arena_grow(reading->arena, rotation->overrides, (rotation->override_count + 1) * sizeof(*rotation->overrides));
    rotation->overrides[rotation->override_count++] = *override;
}

static void read_override(const struct reading *reading, cfg_t *cfg, const char *block, size_t number,
                          struct rotation *rotation)
{
    bool swap = strcmp(block, "swap") == 0;
    struct givens givens = reading_gather_nth(reading, parsed_block_nth(cfg, block, number), block, number);
    struct override_values values = {.member = "", .layer = ""};
    struct rotation_override override = {.where = reading_at(reading, reading_line_of_nth(reading, block, number))};

    reading_fill(reading, swap ? SWAP_ROWS : OVERRIDE_ROWS, &givens, &values);
    if (swap && values.between.count == 2) {
        override.member = bare(values.between.items[0]);
        override.other = bare(values.between.items[1]);
    } else {
        override.member = bare(values.member);
        override.other = "";
    }
    override.layer = values.layer;
    if (!override.member[0])
        config_add_finding(reading->config, true, override.where, "it names nobody: write %s",
                           swap ? "between = {\"zhang\", \"li\"}" : "member = \"li\"");
    else if (read_local(reading, &givens, "from", &override.from) &&
             read_local(reading, &givens, "until", &override.until))
        add_override(reading, rotation, &override);
}

/* In the order of the file, since the later counts more: overrides and swaps stand in one row. */
static void read_overrides(const struct reading *reading, cfg_t *cfg, struct rotation *rotation)
{
    size_t overrides = 0;
    size_t swaps = 0;

    for (size_t i = 0; i < reading->now->assignment_count; i++) {
        const struct assignment *assignment = &reading->now->assignments[i];

        if (!assignment->opens || assignment->block[0])
            continue;
        if (strcmp(assignment->name, "override") == 0 && overrides < parsed_block_count(cfg, "override"))
            read_override(reading, cfg, "override", overrides++, rotation);
        else if (strcmp(assignment->name, "swap") == 0 && swaps < parsed_block_count(cfg, "swap"))
            read_override(reading, cfg, "swap", swaps++, rotation);
    }
}

/* A rotation without a sound first layer is kept: who names it hears why nobody is found. */
static void fill_rotation(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct rotation *rotation = arena_alloc(reading->arena, sizeof(*rotation));
    struct givens givens = reading_gather(reading, cfg, "");
    struct rotation_values values = {
        .layer = {.name = "", .every = "", .starts = "", .file = ""},
          .timezone = "", .otherwise = ""
    };
    struct rotation_layer first = {.name = "", .where = reading_here(reading)};

    reading_fill(reading, ROTATION_ROWS, &givens, &values);
    *rotation = (struct rotation){.title = reading->now->title,
                                  .where = first.where,
                                  .timezone = values.timezone,
                                  .otherwise = values.otherwise,
                                  .during = read_hours(reading, &givens, "during")};
    if (!fill_layer(reading, &givens, &values.layer, &first))
        first = (struct rotation_layer){.name = "", .where = first.where};
    if (first.calendar)
        first.calendar->timezone = rotation->timezone[0] ? rotation->timezone : config->timezone;
    add_layer(reading, rotation, &first);
    read_layers(reading, cfg, rotation);
    read_overrides(reading, cfg, rotation);
    config->rotations =
        arena_grow(config->arena, config->rotations, (config->rotation_count + 1) * sizeof(struct rotation *));
    config->rotations[config->rotation_count++] = rotation;
}

/* Routes. */

#define ROUTE struct route
static const struct value_row ROUTE_ROWS[] = {
    ROW("enabled", FLAG, ROUTE, enabled, 0, 0),
    ROW("default", FLAG, ROUTE, fallback, 0, 0),
    ROW("severity", RANGE, ROUTE, severities, 0, 0),
    ROW("host", LIST, ROUTE, host, 0, 0),
    ROW("service", LIST, ROUTE, service, 0, 0),
    ROW("tag", LIST, ROUTE, tag, 0, 0),
    ROW("group", LIST, ROUTE, group, 0, 0),
    ROW("source", LIST, ROUTE, source, 0, 0),
    ROW("kind", LIST, ROUTE, kind, 0, 0),
    ROW_CHOICE("outside", ROUTE, outside, "skip hold"),
    ROW("hold_until", CLOCK, ROUTE, hold_until, 0, 0),
    ROW("continue", FLAG, ROUTE, goes_on, 0, 0),
    ROW_CHOICE("mode", ROUTE, mode, "first all"),
    ROW("channels", LIST, ROUTE, channels, 0, 0),
    ROW("also", LIST, ROUTE, also, 0, 0),
    ROW("to", LIST, ROUTE, to, 0, 0),
    ROW("template", TEXT, ROUTE, template_name, 0, 0),
    ROW("raise", SEVERITY, ROUTE, raise, 0, 0),
    ROW_END,
};

static const struct value_row STEP_ROWS[] = {
    ROW("after", DURATION, struct escalation_step, after_s, MINUTE, 7 * DAY),
    ROW("channels", LIST, struct escalation_step, channels, 0, 0),
    ROW("to", LIST, struct escalation_step, to, 0, 0),
    ROW_END,
};

static int by_time(const void *one, const void *other)
{
    const struct escalation_step *a = one;
    const struct escalation_step *b = other;

    if (a->after_s != b->after_s)
        return a->after_s < b->after_s ? -1 : 1;
    return strcmp(a->where, b->where);
}

static void read_steps(const struct reading *reading, cfg_t *cfg, struct route *route)
{
    size_t count = parsed_block_count(cfg, "escalate");

    route->steps = arena_alloc(reading->arena, (count + 1) * sizeof(*route->steps));
    for (size_t i = 0; i < count; i++) {
        struct givens givens = reading_gather_nth(reading, parsed_block_nth(cfg, "escalate", i), "escalate", i);
        struct escalation_step step = {.where = reading_at(reading, reading_line_of_nth(reading, "escalate", i))};

        reading_fill(reading, STEP_ROWS, &givens, &step);
        if (step.after_s == 0)
            config_add_finding(reading->config, true, step.where,
                               "an escalation wants a time from 1m to 7d: write after = \"15m\"");
        else
            route->steps[route->step_count++] = step;
    }
    qsort(route->steps, route->step_count, sizeof(*route->steps), by_time);
}

/* `confirm_within` is `confirm { within = ... }` in one word. */
static void read_confirmation(const struct reading *reading, cfg_t *cfg, const struct givens *own, struct route *route)
{
    struct givens givens = reading_gather(reading, parsed_block(cfg, "confirm"), "confirm");
    const struct given *within = given_named(own, "confirm_within");

    if (within && !given_named(&givens, "within"))
        givens_add(&givens, "within", within->values, within->where);
    reading_take_confirm(reading, &givens, &route->confirm);
    /* Who writes steps wants them taken, whatever the severity. */
    route->confirm.asked = route->confirm.asked || parsed_block_count(cfg, "escalate") > 0;
    if (parsed_block_count(cfg, "escalate") > 0 && !given_named(&givens, "from"))
        route->confirm.from = SEVERITY_INFO;
}

/* Kinds that there are not are left out; when none is left, every kind fits. */
static void check_kinds(const struct reading *reading, const struct givens *givens, struct route *route)
{
    const char **good = arena_alloc(reading->arena, (route->kind.count + 1) * sizeof(*good));
    size_t count = 0;

    for (size_t i = 0; i < route->kind.count; i++) {
        enum event_kind kind;

        if (event_kind_from(route->kind.items[i], &kind) || strpbrk(route->kind.items[i], "*?["))
            good[count++] = route->kind.items[i];
        else
            config_add_finding(reading->config, true, where_of(reading, givens, "kind"),
                               "'kind' wants problem, recovery, acknowledgement, update and the like, not '%s'",
                               route->kind.items[i]);
    }
    route->kind = (struct text_list){.items = good, .count = count};
}

static void fill_route(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct route *route = arena_alloc(reading->arena, sizeof(*route));
    struct givens givens = reading_gather(reading, cfg, "");
    struct givens limit = reading_gather(reading, parsed_block(cfg, "limit"), "limit");

    *route = (struct route){.title = reading->now->title,
                            .where = reading_here(reading),
                            .enabled = true,
                            .severities = (1U << SEVERITY_COUNT) - 1,
                            .hold_until = -1,
                            .template_name = "",
                            .raise = SEVERITY_COUNT,
                            .silent =
                                given_named(&givens, "channels") && given_named(&givens, "channels")->values.count == 0,
                            .has_limits = limit.count > 0,
                            .limits = config->limits,
                            .confirm = config->confirm};
    reading_fill(reading, ROUTE_ROWS, &givens, route);
    reading_fill(reading, limit_rows, &limit, &route->limits);
    route->during = read_hours(reading, &givens, "during");
    check_kinds(reading, &givens, route);
    read_confirmation(reading, cfg, &givens, route);
    read_steps(reading, cfg, route);
    config->routes = arena_grow(config->arena, config->routes, (config->route_count + 1) * sizeof(struct route *));
    config->routes[config->route_count++] = route;
}

/* Statements. */

static struct form form_of_calendar(struct arena *arena)
{
    return form_of_values(arena, CALENDAR_ROWS);
}

static void add_times(struct form *form)
{
    form_add_name(form, "from", false);
    form_add_name(form, "until", false);
}

static struct form form_of_rotation(struct arena *arena)
{
    struct form form = form_of_values(arena, ROTATION_ROWS);
    struct form layer = form_of_values(arena, LAYER_ROWS_ALONE);
    struct form override = form_of_values(arena, OVERRIDE_ROWS);
    struct form swap = form_of_values(arena, SWAP_ROWS);

    add_times(&override);
    add_times(&swap);
    form_add_name(&form, "during", true);
    form_add_repeated_block(&form, "layer", &layer);
    form_add_repeated_block(&form, "override", &override);
    form_add_repeated_block(&form, "swap", &swap);
    return form;
}

static struct form form_of_route(struct arena *arena)
{
    struct form form = form_of_values(arena, ROUTE_ROWS);
    struct form step = form_of_values(arena, STEP_ROWS);
    struct form limit = form_of_values(arena, limit_rows);
    struct form confirm = form_of_values(arena, confirm_rows);

    form_add_name(&form, "during", true);
    form_add_name(&form, "confirm_within", false);
    form_add_block(&form, "limit", &limit, false);
    form_add_block(&form, "confirm", &confirm, false);
    form_add_repeated_block(&form, "escalate", &step);
    return form;
}

/* Contacts and rotations share one space of names; calendars and routes have each their own. */
static const char *where_taken(const struct reading *reading)
{
    const struct config *config = reading->config;
    const char *title = reading->now->title;

    if (strcmp(reading->now->name, "calendar") == 0)
        return config_calendar(config, title) ? config_calendar(config, title)->where : NULL;
    if (strcmp(reading->now->name, "route") == 0)
        return config_route(config, title) ? config_route(config, title)->where : NULL;
    if (config_rotation(config, title))
        return config_rotation(config, title)->where;
    return config_contact(config, title) ? config_contact(config, title)->where : NULL;
}

/* A route's title is read by people only. */
static bool title_is_good(const struct reading *reading)
{
    bool any = strcmp(reading->now->name, "route") == 0;

    return (any || reading_title_fits(reading)) && reading_title_is_free(reading, where_taken(reading));
}

bool reading_take_policy(struct reading *reading)
{
    static const struct {
        const char *name;
        struct form (*form)(struct arena *arena);
        void (*fill)(struct reading *reading, cfg_t *cfg);
    } STATEMENTS[] = {
        {"calendar", form_of_calendar, fill_calendar},
        {"rotation", form_of_rotation, fill_rotation},
        {"route",    form_of_route,    fill_route   },
    };
    const char *name = reading->now->name;

    for (size_t i = 0; i < sizeof(STATEMENTS) / sizeof(*STATEMENTS); i++) {
        struct form form = {.arena = reading->arena};
        struct form inside;
        struct parsed parsed;

        if (strcmp(STATEMENTS[i].name, name) != 0)
            continue;
        inside = STATEMENTS[i].form(reading->arena);
        form_add_block(&form, name, &inside, true);
        if (reading_has_shape(reading, SHAPE_SECTION, arena_print(reading->arena, "%s \"TITLE\" { ... }", name)) &&
            title_is_good(reading) && reading_parse_leniently(reading, &form, &parsed))
            STATEMENTS[i].fill(reading, parsed_block(parsed.cfg, name));
        return true;
    }
    return false;
}

/* Names of others. */

const struct route *config_route(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->route_count; i++)
        if (strcmp(config->routes[i]->title, title) == 0)
            return config->routes[i];
    return NULL;
}

const struct rotation *config_rotation(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->rotation_count; i++)
        if (strcmp(config->rotations[i]->title, title) == 0)
            return config->rotations[i];
    return NULL;
}

struct calendar *config_calendar(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->calendar_count; i++)
        if (strcmp(config->calendars[i]->title, title) == 0)
            return config->calendars[i];
    return NULL;
}

static struct calendar *calendar_for_hours(void *self, const char *title)
{
    const struct policy_context *policy = self;
    struct calendar *calendar = config_calendar(policy->config, title);
    struct fault fault = {0};

    return calendar && calendar_open(calendar, policy->now_s, &fault) ? calendar : NULL;
}

struct hours_context route_hours_context(struct policy_context *policy)
{
    return (struct hours_context){.arena = policy->config->arena,
                                  .timezone = policy->config->timezone,
                                  .calendar = calendar_for_hours,
                                  .self = policy};
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

bool config_names_somebody(const struct config *config, const char *name)
{
    const char *slash = strchr(name, '/');
    const struct rotation *rotation =
        config_rotation(config, slash ? arena_copy(config->arena, name, (size_t)(slash - name)) : name);

    if (rotation)
        return rotation_layer_named(rotation, slash ? slash + 1 : "") != NULL;
    return config_contact(config, name) != NULL;
}

void config_check_people(struct config *config, const char *where, const char *who, const struct text_list *to)
{
    for (size_t i = 0; i < to->count; i++)
        if (is_a_title(to->items[i]) && strcmp(to->items[i], "@all") != 0 &&
            !config_names_somebody(config, to->items[i] + 1))
            config_add_finding(config, true, where,
                               "%s names %s, and there is no contact, rotation or layer of that title", who,
                               to->items[i]);
}

static void check_hours(struct config *config, const char *where, const struct hours_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].days != DAYS_OF_WEEK && !config_calendar(config, list->items[i].calendar))
            config_add_finding(config, true, where,
                               "'%s' names the calendar '%s', and there is none of that title: it is taken for always",
                               list->items[i].text, list->items[i].calendar);
}

static void check_route(struct config *config, const struct route *route)
{
    const char *who = arena_print(config->arena, "route \"%s\"", route->title);

    config_check_channels(config, route->where, who, &route->channels);
    config_check_channels(config, route->where, who, &route->also);
    config_check_people(config, route->where, who, &route->to);
    check_hours(config, route->where, &route->during);
    for (size_t i = 0; i < route->step_count; i++) {
        config_check_channels(config, route->steps[i].where, who, &route->steps[i].channels);
        config_check_people(config, route->steps[i].where, who, &route->steps[i].to);
    }
    if (route->channels.count + route->also.count == 0 && !route->silent)
        config_add_finding(config, true, route->where,
                           "%s tells nobody: give it channels = {\"SECTION\"}, or channels = {} if that is meant", who);
    if (route->outside == ROUTE_HOLD && route->during.count == 0)
        config_add_finding(config, false, route->where, "%s: 'outside' is of no use without 'during'", who);
}

static bool check_members(struct config *config, const char *where, struct text_list members)
{
    bool good = true;

    for (size_t i = 0; i < members.count; i++)
        if (!config_contact(config, members.items[i])) {
            config_add_finding(config, true, where, "it names '%s', and there is no contact of that title",
                               members.items[i]);
            good = false;
        }
    return good;
}

static bool check_override(struct config *config, const struct rotation *rotation,
                           const struct rotation_override *override)
{
    const char *const people[] = {override->member, override->other};

    if (!check_members(config, override->where,
                       (struct text_list){.items = people, .count = override->other[0] ? 2 : 1}))
        return false;
    if (rotation_layer_named(rotation, override->layer))
        return true;
    config_add_finding(config, true, override->where, "rotation \"%s\" has no layer '%s'", rotation->title,
                       override->layer);
    return false;
}

/* Without a wrong one, those in turn are on duty. */
static void keep_good_overrides(struct config *config, struct rotation *rotation)
{
    size_t good = 0;

    for (size_t i = 0; i < rotation->override_count; i++)
        if (check_override(config, rotation, &rotation->overrides[i]))
            rotation->overrides[good++] = rotation->overrides[i];
    rotation->override_count = good;
}

static void check_rotation(struct config *config, struct rotation *rotation)
{
    for (size_t i = 0; i < rotation->layer_count; i++)
        check_members(config, rotation->layers[i].where, rotation->layers[i].members);
    keep_good_overrides(config, rotation);
    check_hours(config, rotation->where, &rotation->during);
    if (rotation->otherwise[0] && !config_names_somebody(config, bare(rotation->otherwise)))
        config_add_finding(config, true, rotation->where,
                           "'otherwise' names '%s', and there is no contact or rotation of that title",
                           rotation->otherwise);
    if (config_contact(config, rotation->title))
        config_add_finding(config, true, rotation->where,
                           "the title '%s' is taken by a contact at %s: give one of them another", rotation->title,
                           config_contact(config, rotation->title)->where);
}

void reading_check_policy(struct config *config)
{
    for (size_t i = 0; i < config->route_count; i++)
        check_route(config, config->routes[i]);
    for (size_t i = 0; i < config->rotation_count; i++)
        check_rotation(config, config->rotations[i]);
}
