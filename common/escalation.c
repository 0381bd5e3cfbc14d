#include "common/escalation.h"

#include <string.h>

#include "common/civil.h"
#include "common/log.h"
#include "common/routing.h"
#include "common/str.h"

enum {
    LINES_MOST = 8,     /* of who was told before */
    FIRST_OWN_STEP = 0, /* of ours, where the route has none: the same people by SMS */
};

/* One thing that is due. */
struct due {
    struct alert alert;
    const char *route;
    int64_t number; /* of the step; of a reminder the time that it counts from */
};

static void read_due(struct row *row, void *due)
{
    *(struct due *)due = (struct due){
        .alert = alert_of_row(row),
        .route = row_text(row, ALERT_COLUMN_COUNT),
        .number = row_number(row, ALERT_COLUMN_COUNT + 1),
    };
}

static const char *say(const struct following *following, enum word word, const char *one, const char *two)
{
    const char *values[] = {one, two};

    return word_print(following->world->arena, following->config->language, word, values, 2);
}

static const char *since(const struct following *following, int64_t when_ms)
{
    return words_duration(following->world->arena, following->config->language,
                          world_wall_ms(following->world) - when_ms);
}

/* --- who was told so far --- */

struct telling_so_far {
    const struct following *following;
    struct str text;
    size_t lines;
};

/* People by their names; addresses are nobody else's business. */
static const char *names_of(const struct telling_so_far *so_far, const char *recipients)
{
    struct arena *arena = so_far->following->world->arena;
    struct text_list list = split_commas(arena, recipients);
    struct str names = str_in(arena, TEXT_MOST);

    for (size_t i = 0; i < list.count; i++) {
        const struct contact *contact = config_contact_with(so_far->following->config, list.items[i]);
        const char *name = contact ? contact_value(contact, "name") : "";

        if (contact)
            str_addf(&names, " %s", name[0] ? name : contact->name);
    }
    return names.text;
}

static bool add_line(void *self, struct row *row)
{
    struct telling_so_far *so_far = self;
    const struct following *following = so_far->following;
    const char *time =
        civil_format(following->world->arena, row_number(row, 0) / 1000, following->config->timezone, "%H:%M");

    if (so_far->lines++ == 0)
        str_addf(&so_far->text, "\n%s", word_in(following->config->language, WORD_TOLD_SO_FAR));
    str_addf(&so_far->text, "\n%s %s%s", time, row_text(row, 1), names_of(so_far, row_text(row, 2)));
    return so_far->lines < LINES_MOST;
}

static bool read_told(const struct following *following, const struct alert *alert, const char **text,
                      struct fault *fault)
{
    struct telling_so_far so_far = {.following = following, .text = str_in(following->world->arena, TEXT_MOST)};

    if (!store_read(following->store, following->world->arena, fault,
                    "SELECT created_ms, section, recipients FROM notification WHERE problem = ? AND created_ms >= ?"
                    " AND kind = 'problem' AND outcome IN ('delivered', 'unclear') ORDER BY created_ms",
                    add_line, &so_far, "ti", alert->problem, alert->opened_ms))
        return false;
    *text = so_far.text.text;
    return true;
}

/* --- whom a step calls in --- */

static struct routing routing_of(const struct following *following, const struct event *event)
{
    return (struct routing){.arena = following->world->arena,
                            .config = following->config,
                            .event = event,
                            .now_s = world_wall_ms(following->world) / 1000};
}

static void add_text(struct arena *arena, struct text_list *list, const char *text)
{
    const char **items = arena_alloc(arena, (list->count + 1) * sizeof(*items));

    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    items[list->count] = text;
    *list = (struct text_list){.items = items, .count = list->count + 1};
}

/* Those of the route, and the contacts among those who were told. */
static bool same_people(const struct following *following, const struct alert *alert, const struct route *route,
                        struct text_list *people, struct fault *fault)
{
    struct arena *arena = following->world->arena;
    struct plan told;

    *people = route ? route->to : (struct text_list){0};
    if (!followup_audience(following, alert, AUDIENCE_TOLD, &told, fault))
        return false;
    for (size_t i = 0; i < told.chain_count; i++) {
        const struct leg *leg = &told.chains[i].legs[0];

        for (size_t k = 0; k < leg->recipient_count; k++) {
            const struct contact *contact = config_contact_with(following->config, leg->recipients[k]);

            if (contact)
                add_text(arena, people, arena_print(arena, "@%s", contact->name));
        }
    }
    return true;
}

/* Sections that reach a person's pocket, in the order of the file. */
static struct text_list pocket_sections(const struct following *following)
{
    const struct config *config = following->config;
    struct text_list titles = {0};

    for (size_t i = 0; i < config->section_count; i++)
        if (config->sections[i]->channel->never_repeats)
            add_text(following->world->arena, &titles, config->sections[i]->title);
    return titles;
}

static void call_operator(const struct following *following, const struct event *event, struct plan *plan)
{
    const struct operator_contact *operator= & following->config->operator;
    struct routing routing = routing_of(following, event);

    routing_step(&routing, NULL, &operator->channels, &operator->to, plan);
}

static bool plan_own_step(const struct following *following, const struct due *due, const struct route *route,
                          const struct event *event, struct plan *plan, struct fault *fault)
{
    struct routing routing = routing_of(following, event);
    struct text_list sections = pocket_sections(following);
    struct text_list people;

    if (!same_people(following, &due->alert, route, &people, fault))
        return false;
    if (due->number != FIRST_OWN_STEP || people.count == 0 || !routing_step(&routing, route, &sections, &people, plan))
        call_operator(following, event, plan);
    return true;
}

/* Nobody is forgotten by a change of the configuration: a route that is gone leaves our own steps, fewer steps the operator. */
static bool plan_step(const struct following *following, const struct due *due, const struct event *event,
                      struct plan *plan, struct fault *fault)
{
    const struct route *route = config_route(following->config, due->route);
    struct routing routing = routing_of(following, event);
    const struct escalation_step *step;

    *plan = (struct plan){0};
    if (!route || route->step_count == 0)
        return plan_own_step(following, due, route, event, plan, fault);
    if (due->number >= (int64_t)route->step_count) {
        call_operator(following, event, plan);
        return true;
    }
    step = &route->steps[due->number];
    if (!routing_step(&routing, route, step->channels.count ? &step->channels : &route->channels,
                      step->to.count ? &step->to : &route->to, plan))
        call_operator(following, event, plan);
    return true;
}

/* --- steps that are due --- */

static bool mark_step(const struct following *following, const struct due *due, const char *state, struct fault *fault)
{
    return store_change(following->store, fault,
                        "UPDATE step SET state = ? WHERE problem = ? AND route = ? AND number = ?", "ttti", state,
                        due->alert.problem, due->route, due->number);
}

static bool tell_step(const struct following *following, const struct due *due, size_t *made, struct fault *fault)
{
    struct arena *arena = following->world->arena;
    struct event event = followup_event(following, &due->alert);
    struct followup followup = {
        .alert = &due->alert,
        .event = &event,
        .reason = "escalation",
        .key = arena_print(arena, "%lld/%s/%lld", (long long)due->alert.opened_ms, due->route, (long long)due->number)};
    const char *told = "";
    struct plan plan;

    if (!read_told(following, &due->alert, &told, fault))
        return false;
    event.subject = say(following, WORD_ESCALATION_SUBJECT, since(following, due->alert.opened_ms), due->alert.subject);
    event.message = arena_print(arena, "%s%s", event.message, told);
    if (!plan_step(following, due, &event, &plan, fault))
        return false;
    if (plan.chain_count == 0)
        log_error("NP-ESCALATION %s: nobody can be called in: %s; give its route `escalate {...}`, or name an operator",
                  due->alert.short_id, plan.note_count ? plan.notes[0] : "there is no operator");
    return followup_put(following, &followup, &plan, made, fault) && mark_step(following, due, "told", fault);
}

/* While those before it were told, somebody may have taken it, or another process may have told it. */
static bool escalate(const struct following *following, const void *item, size_t *made, struct fault *fault)
{
    const struct due *due = item;
    int64_t count;

    if (!store_number(following->store, fault,
                      "SELECT COUNT(*) FROM step WHERE problem = ? AND route = ? AND number = ? AND state = 'waiting'",
                      0, &count, "tti", due->alert.problem, due->route, due->number))
        return false;
    return count == 0 || tell_step(following, due, made, fault);
}

/* --- the end, for those who were called in --- */

static bool tell_end(const struct following *following, const void *item, size_t *made, struct fault *fault)
{
    const struct due *due = item;
    struct arena *arena = following->world->arena;
    struct event event = followup_event(following, &due->alert);
    struct followup followup = {.alert = &due->alert,
                                .event = &event,
                                .reason = "recovery",
                                .key = arena_print(arena, "%lld", (long long)due->alert.opened_ms)};
    struct plan plan;

    event.kind = EVENT_RECOVERY;
    event.time_s = due->alert.over_ms / 1000;
    event.duration = civil_duration(arena, (due->alert.over_ms - due->alert.opened_ms) / 1000);
    event.previous_state = event.state;
    event.state = event.message = event.value = event.threshold = event.free_space = ""; /* the problem's */
    return followup_audience(following, &due->alert, AUDIENCE_CALLED_IN, &plan, fault) &&
           followup_put(following, &followup, &plan, made, fault) && mark_step(following, due, "ended", fault);
}

/* --- what was taken and is still there --- */

static bool mark_reminded(const struct following *following, const struct due *due, struct fault *fault)
{
    return store_change(following->store, fault, "UPDATE alert SET reminded_ms = ? WHERE problem = ?", "it",
                        world_wall_ms(following->world), due->alert.problem);
}

static bool remind(const struct following *following, const void *item, size_t *made, struct fault *fault)
{
    const struct due *due = item;
    struct event event = followup_event(following, &due->alert);
    struct followup followup = {
        .alert = &due->alert,
        .event = &event,
        .reason = "reminder",
        .key = arena_print(following->world->arena, "%lld", (long long)due->number),
    };
    struct plan plan;

    event.kind = EVENT_UPDATE;
    event.author = due->alert.taken_by;
    event.subject =
        say(following, WORD_STILL_THERE,
            arena_print(following->world->arena, "%s, %s", due->alert.taken_by, since(following, due->alert.taken_ms)),
            due->alert.subject);
    return followup_audience(following, &due->alert, AUDIENCE_TOLD, &plan, fault) &&
           followup_put(following, &followup, &plan, made, fault) && mark_reminded(following, due, fault);
}

/* --- a pass --- */

static const struct followup_dues STEPS = {
    .sql = "SELECT " ALERT_COLUMNS ", s.route, s.number FROM step s JOIN alert a ON a.problem = s.problem"
           " WHERE s.state = 'waiting' AND s.due_ms <= ?1 ORDER BY a.severity DESC, s.due_ms LIMIT ?2",
    .size = sizeof(struct due),
    .read = read_due,
    .act = escalate,
};

static const struct followup_dues ENDS = {
    .sql = "SELECT " ALERT_COLUMNS ", s.route, s.number FROM step s INDEXED BY step_told CROSS JOIN alert a"
           " ON a.problem = s.problem WHERE s.state = 'told' AND a.over_ms > 0 AND a.over_ms <= ?1"
           " ORDER BY a.over_ms LIMIT ?2",
    .size = sizeof(struct due),
    .read = read_due,
    .act = tell_end,
};

static const struct followup_dues REMINDERS = {
    .sql = "SELECT " ALERT_COLUMNS ", '', MAX(a.taken_ms, a.reminded_ms) FROM alert a WHERE a.over_ms = 0"
           " AND a.state = 'taken' AND MAX(a.taken_ms, a.reminded_ms) <= ?1"
           " ORDER BY a.severity DESC, a.taken_ms LIMIT ?2",
    .size = sizeof(struct due),
    .read = read_due,
    .act = remind,
};

bool escalation_run(const struct following *following, size_t *made, struct fault *fault)
{
    int64_t now_ms = world_wall_ms(following->world);
    int64_t remind_ms = following->config->confirm.remind_s * 1000;

    return followup_each(following, &STEPS, now_ms, made, fault) &&
           followup_each(following, &ENDS, now_ms, made, fault) &&
           (remind_ms <= 0 || followup_each(following, &REMINDERS, now_ms - remind_ms, made, fault));
}
