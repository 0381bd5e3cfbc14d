#include "common/roster.h"

#include <string.h>

static struct stint stint_of(const struct duty *duty, int64_t at_s, int64_t most_s)
{
    return (struct stint){.from_s = at_s,
                          .until_s = duty->shift.until_s < most_s ? duty->shift.until_s : most_s,
                          .contact = duty->contact,
                          .by = duty->by,
                          .why = duty->shift.why,
                          .trouble = duty->trouble};
}

bool roster_stint(const struct config *config, const char *name, int64_t at_s, struct stint *stint)
{
    int64_t most_s = at_s + STINT_AHEAD_S;
    struct duty duty;

    if (!duty_find(config, name, at_s, &duty))
        return false;
    *stint = stint_of(&duty, at_s, most_s);
    while (stint->until_s < most_s && duty_find(config, name, stint->until_s, &duty) && duty.contact == stint->contact)
        stint->until_s = duty.shift.until_s < most_s ? duty.shift.until_s : most_s;
    return true;
}

static bool same_person(const struct stint *one, const struct stint *other)
{
    return one->contact == other->contact && strcmp(one->by, other->by) == 0 && strcmp(one->why, other->why) == 0 &&
           strcmp(one->trouble, other->trouble) == 0;
}

static void add(struct arena *arena, struct roster *roster, const struct stint *stint)
{
    struct stint *last = roster->count ? &roster->stints[roster->count - 1] : NULL;

    if (!stint->contact)
        roster->uncovered_s += stint->until_s - stint->from_s;
    if (last && same_person(last, stint)) {
        last->until_s = stint->until_s;
        return;
    }
    if (roster->count % 64 == 0)
        roster->stints = arena_grow(arena, roster->stints, (roster->count + 64) * sizeof(*roster->stints));
    roster->stints[roster->count++] = *stint;
}

static bool unknown(const struct config *config, const char *name, struct fault *fault)
{
    return fault_set(fault, FAULT_INPUT, "'%s' has no rotation \"%s\": write rotation \"TITLE\" { ... }", config->path,
                     name);
}

bool roster_make(const struct config *config, const char *name, int64_t from_s, int64_t until_s, struct roster *roster,
                 struct fault *fault)
{
    struct roster made = {0};

    for (int64_t at_s = from_s; at_s < until_s;) {
        struct duty duty;
        struct stint stint;

        if (!duty_find(config, name, at_s, &duty))
            return unknown(config, name, fault);
        if (made.count == STINTS_MOST)
            return fault_set(fault, FAULT_INPUT, "rotation \"%s\" changes more than %d times in this time", name,
                             STINTS_MOST);
        stint = stint_of(&duty, at_s, until_s);
        add(config->arena, &made, &stint);
        at_s = stint.until_s;
    }
    *roster = made;
    return true;
}

/* Shares. */

static struct share *share_of(struct share *shares, size_t *count, const struct contact *contact)
{
    for (size_t i = 0; i < *count; i++)
        if (shares[i].contact == contact)
            return &shares[i];
    shares[*count] = (struct share){.contact = contact};
    return &shares[(*count)++];
}

static int64_t overlap(const struct stint *stint, int64_t from_s, int64_t until_s)
{
    int64_t from = stint->from_s > from_s ? stint->from_s : from_s;
    int64_t until = stint->until_s < until_s ? stint->until_s : until_s;

    return until > from ? until - from : 0;
}

/* How much of a stint lies on one day of the wall calendar. */
static void add_day(const struct config *config, const struct stint *stint, int64_t day, const char *zone,
                    const struct calendar *holidays, struct share *share)
{
    struct arena *arena = config->arena;
    int64_t begins = zone_moment(arena, day * DAY_S, zone);
    int64_t ends = zone_moment(arena, (day + 1) * DAY_S, zone);
    const struct calendar_day *entry = holidays ? calendar_entry(holidays, day) : NULL;

    share->night_s += overlap(stint, begins, zone_moment(arena, day * DAY_S + NIGHT_ENDS_S, zone)) +
                      overlap(stint, zone_moment(arena, day * DAY_S + NIGHT_BEGINS_S, zone), ends);
    if (day_of_week(day) >= 5)
        share->weekend_s += overlap(stint, begins, ends);
    if (entry && !entry->workday)
        share->holiday_s += overlap(stint, begins, ends);
}

static void add_stint(const struct config *config, const struct stint *stint, const char *zone,
                      const struct calendar *holidays, struct share *share)
{
    int64_t first = zone_local(config->arena, stint->from_s, zone) / DAY_S;
    int64_t last = zone_local(config->arena, stint->until_s - 1, zone) / DAY_S;

    share->stints++;
    share->total_s += stint->until_s - stint->from_s;
    for (int64_t day = first; day <= last; day++)
        add_day(config, stint, day, zone, holidays, share);
}

struct share *roster_shares(const struct config *config, const struct roster *roster, const char *zone,
                            const struct calendar *holidays, size_t *count)
{
    struct share *shares = arena_alloc(config->arena, (config->contact_count + 1) * sizeof(*shares));

    *count = 0;
    for (size_t i = 0; i < roster->count; i++)
        if (roster->stints[i].contact)
            add_stint(config, &roster->stints[i], zone, holidays, share_of(shares, count, roster->stints[i].contact));
    return shares;
}
