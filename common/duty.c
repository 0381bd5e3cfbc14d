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

/* A member is a contact's title; a file may also name people as they are called. */
static const struct contact *contact_of(const struct config *config, const char *member)
{
    const struct contact *contact = config_contact(config, member);

    return contact ? contact : config_contact_with(config, member);
}

static struct duty find(const struct config *config, const char *name, int64_t at_s, int hops)
{
    struct policy_context policy = {.config = config, .now_s = at_s};
    struct hours_context context = route_hours_context(&policy);
    const struct rotation_layer *layer;
    const struct rotation *rotation = rotation_of(config, name, &layer);
    const char *trouble = open_file(layer, at_s, config->arena);
    struct duty duty = {.shift = rotation_shift(&context, rotation, layer, at_s), .by = name, .trouble = trouble};
    const char *member = duty.shift.member;
    const struct rotation_layer *next_layer;

    if (member[0] == '@')
        member++;
    if (!member[0]) {
        if (!trouble[0])
            duty.trouble = arena_print(config->arena, "nobody is on duty in rotation \"%s\": %s", name, duty.shift.why);
    } else if (rotation_of(config, member, &next_layer) && strcmp(duty.shift.why, "otherwise") == 0) {
        struct duty next;

        if (hops == DUTY_HOPS_MOST) {
            duty.trouble = arena_print(config->arena, "rotation \"%s\" leads to itself by 'otherwise'", name);
            return duty;
        }
        next = find(config, member, at_s, hops + 1);
        duty.contact = next.contact;
        duty.by = next.by;
        duty.trouble = next.trouble;
        if (next.shift.until_s < duty.shift.until_s)
            duty.shift.until_s = next.shift.until_s;
    } else {
        duty.contact = contact_of(config, member);
        if (!duty.contact)
            duty.trouble = arena_print(config->arena, "rotation \"%s\" names '%s', who is no contact", name, member);
        else
            duty.trouble = "";
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
