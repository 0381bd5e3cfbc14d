#include "common/duty.h"

#include <string.h>

static const struct rotation *rotation_of(const struct config *config, const char *name,
                                          const struct rotation_layer **layer)
{
    const char *slash = strchr(name, '/');
    const struct rotation *rotation =
        config_rotation(config, slash ? arena_copy(config->arena, name, (size_t)(slash - name)) : name);

    *layer = rotation ? rotation_layer_named(rotation, slash ? slash + 1 : "") : NULL;
    return *layer ? rotation : NULL;
}

/* A file that cannot be read leaves a gap, with the reason. */
static const char *open_file(const struct rotation_layer *layer, int64_t at_s, struct arena *arena)
{
    struct fault fault = {0};

    if (!layer->calendar || calendar_open(layer->calendar, at_s, &fault))
        return "";
    return arena_copy(arena, fault.text, strlen(fault.text));
}

/* Whose turn it is, but for people that there are not: then the next in turn. NULL when there is nobody. */
static const struct contact *contact_in_turn(const struct config *config, const struct rotation_layer *layer,
                                             const char *member)
{
    const struct contact *contact = config_contact_meant(config, member);
    size_t at = 0;

    while (at < layer->members.count && strcmp(layer->members.items[at], member) != 0)
        at++;
    for (size_t i = 1; i < layer->members.count && !contact; i++)
        contact = config_contact_meant(config, layer->members.items[(at + i) % layer->members.count]);
    return contact;
}

static struct duty find(const struct config *config, const char *name, int64_t at_s, int hops);

/* Somebody else is asked: a contact, or another rotation. */
static void ask_other(const struct config *config, const char *other, int64_t at_s, int hops, struct duty *duty)
{
    const struct rotation_layer *layer;
    struct duty next;

    if (!rotation_of(config, other, &layer)) {
        duty->contact = config_contact_meant(config, other);
        duty->trouble = duty->contact ? "" : arena_print(config->arena, "'%s' is no contact", other);
        return;
    }
    if (hops == DUTY_HOPS_MOST) {
        duty->trouble = arena_print(config->arena, "rotation \"%s\" leads to itself by 'otherwise'", other);
        return;
    }
    next = find(config, other, at_s, hops + 1);
    duty->contact = next.contact;
    duty->by = next.by;
    duty->trouble = next.trouble;
    if (next.shift.until_s < duty->shift.until_s)
        duty->shift.until_s = next.shift.until_s;
}

/* Who has the turn; or why nobody has it. */
static void ask_shift(const struct config *config, const struct rotation_layer *layer, const char *name,
                      struct duty *duty)
{
    const char *member = duty->shift.member;

    if (member[0]) {
        duty->contact = contact_in_turn(config, layer, member);
        duty->trouble = duty->contact
                            ? ""
                            : arena_print(config->arena, "rotation \"%s\" names '%s', who is no contact", name, member);
    } else if (!duty->trouble[0]) {
        duty->trouble = arena_print(config->arena, "nobody is on duty in rotation \"%s\": %s", name, duty->shift.why);
    }
}

static struct duty find(const struct config *config, const char *name, int64_t at_s, int hops)
{
    struct policy_context policy = {.config = config, .now_s = at_s};
    struct hours_context context = route_hours_context(&policy);
    const struct rotation_layer *layer;
    const struct rotation *rotation = rotation_of(config, name, &layer);
    const char *trouble = open_file(layer, at_s, config->arena);
    struct duty duty = {.shift = rotation_shift(&context, rotation, layer, at_s), .by = name, .trouble = trouble};

    ask_shift(config, layer, name, &duty);
    if (!duty.contact && rotation->otherwise[0]) {
        duty.shift.why = "otherwise";
        ask_other(config, rotation->otherwise + (rotation->otherwise[0] == '@'), at_s, hops, &duty);
    }
    return duty;
}

bool duty_find(const struct config *config, const char *name, int64_t at_s, struct duty *duty)
{
    const struct rotation_layer *layer;

    if (!rotation_of(config, name, &layer))
        return false;
    *duty = find(config, name, at_s, 0);
    return true;
}
