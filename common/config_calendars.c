/* calendar "TITLE" { file = ... }: see calendar.h. */
#include <string.h>

#include "common/config_policy.h"

static const struct value_row CALENDAR_ROWS[] = {
    ROW("file", PATH, struct calendar, path, 0, 0), /* .ics, or the text form of calendar.h */
    ROW("timezone", ZONE, struct calendar, timezone, 0, 0),
    ROW_END,
};

struct calendar *policy_new_calendar(const struct reading *reading, const char *title, const char *where)
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
    struct calendar *calendar = policy_new_calendar(reading, reading->now->title, reading_here(reading));
    struct givens givens = reading_gather(reading, cfg, "");

    reading_fill(reading, CALENDAR_ROWS, &givens, calendar);
    if (!calendar->path[0])
        config_add_finding(config, true, calendar->where,
                           "calendar \"%s\" has no file: write file = \"calendars/cn-2026.txt\"", calendar->title);
    config->calendars =
        arena_grow(config->arena, config->calendars, (config->calendar_count + 1) * sizeof(struct calendar *));
    config->calendars[config->calendar_count++] = calendar;
}

static struct form form_of_calendar(const struct reading *reading)
{
    return form_of_values(reading->arena, CALENDAR_ROWS);
}

struct calendar *config_calendar(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->calendar_count; i++)
        if (strcmp(config->calendars[i]->title, title) == 0)
            return config->calendars[i];
    return NULL;
}

static const char *where_taken(const struct config *config, const char *title)
{
    return config_calendar(config, title) ? config_calendar(config, title)->where : NULL;
}

const struct policy_statement calendar_statement = {
    .name = "calendar", .form = form_of_calendar, .fill = fill_calendar, .where_taken = where_taken};
