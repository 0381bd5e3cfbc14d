#include "common/rotation.h"

#include <string.h>

enum { UNBROKEN_MOST_S = 366 * DAY_S }; /* what is the same for longer is asked for again */

const struct rotation_layer *rotation_layer_named(const struct rotation *rotation, const char *name)
{
    for (size_t i = 0; i < rotation->layer_count; i++)
        if (strcmp(rotation->layers[i].name, name) == 0)
            return &rotation->layers[i];
    return NULL;
}

/* One question. */
struct asking {
    const struct hours_context *context;
    const struct rotation *rotation;
    const struct rotation_layer *layer;
    const char *timezone;
    int64_t at_s;
};

static int64_t moment(const struct asking *asking, int64_t local)
{
    return zone_moment(asking->context->arena, local, asking->timezone);
}

static void end_by(struct shift *shift, int64_t until_s)
{
    if (until_s < shift->until_s)
        shift->until_s = until_s;
}

/* Turns. */

static int64_t turn_begins(const struct asking *asking, int64_t number)
{
    return moment(asking, asking->layer->starts + number * asking->layer->every_s);
}

/* The clock on the wall says which turn it is, unless it was put back meanwhile: a turn that has begun does not begin again. */
static int64_t turn_at(const struct asking *asking)
{
    const struct rotation_layer *layer = asking->layer;
    int64_t local = zone_local(asking->context->arena, asking->at_s, asking->timezone);
    int64_t number = (local - layer->starts) / layer->every_s;

    while (turn_begins(asking, number + 1) <= asking->at_s)
        number++;
    return number;
}

static struct shift turn(const struct asking *asking)
{
    const struct rotation_layer *layer = asking->layer;
    struct shift shift = {.from_s = asking->at_s, .until_s = asking->at_s + UNBROKEN_MOST_S, .member = ""};
    int64_t number;

    if (layer->members.count == 0) {
        shift.why = "gap";
        return shift;
    }
    if (turn_begins(asking, 0) > asking->at_s) {
        end_by(&shift, turn_begins(asking, 0));
        shift.why = "not begun";
        return shift;
    }
    number = turn_at(asking);
    shift.member = layer->members.items[(size_t)number % layer->members.count];
    shift.why = "turn";
    end_by(&shift, turn_begins(asking, number + 1));
    return shift;
}

/* A calendar names people as they are called; swaps know them by their titles. */
static const char *title_of(const struct hours_context *context, const struct calendar_span *span)
{
    if (!span)
        return "";
    return context->person ? context->person(context->self, span->name) : span->name;
}

static struct shift calendar_shift(const struct asking *asking)
{
    const struct calendar *calendar = asking->layer->calendar;
    const struct calendar_span *span = calendar_span_at(calendar, asking->at_s);
    struct shift shift = {.from_s = asking->at_s,
                          .until_s = asking->at_s + UNBROKEN_MOST_S,
                          .member = title_of(asking->context, span),
                          .why = span ? "calendar" : "gap"};

    end_by(&shift, calendar_next_edge(calendar, asking->at_s));
    return shift;
}

/* Exceptions. */

static bool is_of_layer(const struct asking *asking, const struct rotation_override *override)
{
    return strcmp(override->layer, asking->layer->name) == 0;
}

static void change(const struct rotation_override *override, struct shift *shift)
{
    if (!override->other[0]) {
        shift->member = override->member;
        shift->why = "override";
    } else if (strcmp(shift->member, override->member) == 0) {
        shift->member = override->other;
        shift->why = "swap";
    } else if (strcmp(shift->member, override->other) == 0) {
        shift->member = override->member;
        shift->why = "swap";
    }
}

/* A later statement counts more than an earlier one: swaps see what stands before them. */
static void apply_overrides(const struct asking *asking, struct shift *shift)
{
    for (size_t i = 0; i < asking->rotation->override_count; i++) {
        const struct rotation_override *override = &asking->rotation->overrides[i];
        int64_t from_s;
        int64_t until_s;

        if (!is_of_layer(asking, override))
            continue;
        from_s = moment(asking, override->from);
        until_s = moment(asking, override->until);
        if (from_s > asking->at_s)
            end_by(shift, from_s);
        if (until_s > asking->at_s)
            end_by(shift, until_s);
        if (from_s <= asking->at_s && asking->at_s < until_s)
            change(override, shift);
    }
}

/* Hours. */

static void apply_hours(const struct asking *asking, struct shift *shift)
{
    struct hours_context context = *asking->context;

    if (asking->rotation->during.count == 0)
        return;
    context.timezone = asking->timezone;
    end_by(shift, hours_next_edge(&context, &asking->rotation->during, asking->at_s));
    if (hours_hold(&context, &asking->rotation->during, asking->at_s, NULL))
        return;
    shift->member = "";
    shift->why = "outside its hours";
}

struct shift rotation_shift(const struct hours_context *context, const struct rotation *rotation,
                            const struct rotation_layer *layer, int64_t at_s)
{
    struct asking asking = {.context = context,
                            .rotation = rotation,
                            .layer = layer,
                            .timezone = rotation->timezone[0] ? rotation->timezone : context->timezone,
                            .at_s = at_s};
    struct shift shift = layer->calendar ? calendar_shift(&asking) : turn(&asking);

    apply_overrides(&asking, &shift);
    apply_hours(&asking, &shift);
    return shift;
}
