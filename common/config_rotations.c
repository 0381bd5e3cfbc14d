/* rotation "TITLE" { ... }: see rotation.h. */
#include <string.h>

#include "common/config_policy.h"

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

static struct text_list bare_list(const struct reading *reading, struct text_list titles)
{
    const char **items = arena_alloc(reading->arena, (titles.count + 1) * sizeof(*items));

    for (size_t i = 0; i < titles.count; i++)
        items[i] = policy_bare(titles.items[i]);
    return (struct text_list){.items = items, .count = titles.count};
}

static bool read_every(const struct reading *reading, const struct givens *givens, const char *text, int64_t *every_s)
{
    enum { LEAST_S = HOUR, MOST_S = 370 * DAY };

    if (duration_read(text, every_s) && *every_s >= LEAST_S && *every_s <= MOST_S)
        return true;
    config_add_finding(reading->config, true, policy_where(reading, givens, "every"),
                       "'every' wants the length of a turn from 1h to 370d, such as 12h, 1d or 1w, not '%s'", text);
    return false;
}

/* A turn's beginning and length belong to its members; a file brings its own. */
static bool fill_layer(const struct reading *reading, const struct givens *givens, const struct layer_values *values,
                       const char *zone, struct rotation_layer *layer)
{
    layer->members = bare_list(reading, values->members);
    if (values->file[0]) {
        layer->calendar = policy_new_calendar(reading, reading->now->title, layer->where);
        layer->calendar->path = values->file;
        layer->calendar->only_spans = true;
        if (zone[0])
            layer->calendar->timezone = zone;
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
        else if (fill_layer(reading, &givens, &values, rotation->timezone, &layer))
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
        override.member = policy_bare(values.between.items[0]);
        override.other = policy_bare(values.between.items[1]);
    } else {
        override.member = policy_bare(values.member);
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
                                  .during = policy_hours(reading, &givens, "during")};
    if (!fill_layer(reading, &givens, &values.layer, values.timezone, &first))
        first = (struct rotation_layer){.name = "", .where = first.where};
    add_layer(reading, rotation, &first);
    read_layers(reading, cfg, rotation);
    read_overrides(reading, cfg, rotation);
    config->rotations =
        arena_grow(config->arena, config->rotations, (config->rotation_count + 1) * sizeof(struct rotation *));
    config->rotations[config->rotation_count++] = rotation;
}
static void add_times(struct form *form)
{
    form_add_name(form, "from", false);
    form_add_name(form, "until", false);
}

static struct form form_of_rotation(const struct reading *reading)
{
    struct form form = form_of_values(reading->arena, ROTATION_ROWS);
    struct form layer = form_of_values(reading->arena, LAYER_ROWS_ALONE);
    struct form override = form_of_values(reading->arena, OVERRIDE_ROWS);
    struct form swap = form_of_values(reading->arena, SWAP_ROWS);

    add_times(&override);
    add_times(&swap);
    form_add_name(&form, "during", true);
    form_add_repeated_block(&form, "layer", &layer);
    form_add_repeated_block(&form, "override", &override);
    form_add_repeated_block(&form, "swap", &swap);
    return form;
}

const struct rotation *config_rotation(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->rotation_count; i++)
        if (strcmp(config->rotations[i]->title, title) == 0)
            return config->rotations[i];
    return NULL;
}

/* Contacts and rotations share one space of names. */
static const char *where_taken(const struct config *config, const char *title)
{
    if (config_rotation(config, title))
        return config_rotation(config, title)->where;
    return config_contact(config, title) ? config_contact(config, title)->where : NULL;
}

/* Checks over the whole. */

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
    policy_check_hours(config, rotation->where, &rotation->during);
    if (rotation->otherwise[0] && !config_names_somebody(config, policy_bare(rotation->otherwise)))
        config_add_finding(config, true, rotation->where,
                           "'otherwise' names '%s', and there is no contact or rotation of that title",
                           rotation->otherwise);
    if (config_contact(config, rotation->title))
        config_add_finding(config, true, rotation->where,
                           "the title '%s' is taken by a contact at %s: give one of them another", rotation->title,
                           config_contact(config, rotation->title)->where);
}
static void check_rotations(struct config *config)
{
    for (size_t i = 0; i < config->rotation_count; i++)
        check_rotation(config, config->rotations[i]);
}

const struct policy_statement rotation_statement = {.name = "rotation",
                                                    .form = form_of_rotation,
                                                    .fill = fill_rotation,
                                                    .where_taken = where_taken,
                                                    .people = true,
                                                    .check = check_rotations};
