#include "common/admission.h"

#include <string.h>
#include <strings.h>

#include "common/glob.h"

#include "common/alert.h"
#include "common/echo.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    DAY_MS = 86400000,
    REMINDER_MS = 55000, /* an equal message later than this, without a number, is the source's reminder */
    FUTURE_MS =
        2000, /* clocks of two processes agree this well; what is later was booked before the clock was set back */
};

const char *admission_name(enum admission admission)
{
    static const char *const NAMES[] = {
        [ADMITTED] = "admitted",      [ADOPTED] = "adopted", [IN_FLIGHT] = "in flight", [REPEATED] = "repeat",
        [REFUSED_BEFORE] = "refused", [HELD] = "held",       [MUTED] = "muted",         [FOLDED] = "folded",
        [QUEUED] = "queued",          [ECHOED] = "echo",
    };

    return NAMES[admission];
}

/* One question, while the transaction is open. */
struct asking {
    struct store *store;
    struct arena *arena;
    const struct admission_ask *ask;
    struct admission_answer *answer;
    struct fault *fault;
    bool from_the_future; /* a booking was found that our clock has not come to yet */
};

/* --- repeats --- */

struct earlier {
    bool found;
    const char *id;
    const char *outcome;
    const char *words;
    int64_t created_ms;
    int64_t ended_ms;
    const char *row_state; /* of the outbox row, "" when there is none */
    int64_t lease_ms;
};

static bool keep_earlier(void *self, struct row *row)
{
    struct earlier *earlier = self;

    *earlier = (struct earlier){
        .found = true,
        .id = row_text(row, 0),
        .outcome = row_text(row, 1),
        .words = row_text(row, 2),
        .created_ms = row_number(row, 3),
        .ended_ms = row_number(row, 4),
        .row_state = "",
    };
    return false;
}

static bool keep_waiting(void *self, struct row *row)
{
    struct earlier *earlier = self;

    earlier->row_state = row_text(row, 0);
    earlier->lease_ms = row_number(row, 1);
    return false;
}

/* When the oldest of those was made that are still under way to these people about this problem. */
static bool oldest_under_way(struct asking *asking, int64_t *made_ms)
{
    return store_number(asking->store, asking->fault,
                        "SELECT MIN(created_ms) FROM outbox WHERE problem = ? AND recipient_key = ?", INT64_MAX,
                        made_ms, "tt", asking->ask->problem, asking->ask->recipient_key);
}

/*
 * The newest of the same, if it is within the window or still under way. What is older than both is not looked through: a reminder
 * without a number has the same key for as long as its problem lasts.
 */
static bool find_earlier(struct asking *asking, struct earlier *earlier)
{
    const struct admission_ask *ask = asking->ask;
    int64_t window_ms = ask->now_ms - ask->repeat_within_ms;
    int64_t from_ms;

    if (!oldest_under_way(asking, &from_ms))
        return false;
    from_ms = from_ms <= window_ms ? from_ms : window_ms + 1;
    if (!store_read(asking->store, asking->arena, asking->fault,
                    "SELECT id, outcome, words, created_ms, ended_ms FROM notification"
                    " WHERE repeat_key = ? AND created_ms >= ? AND (created_ms > ? OR outcome = 'waiting')"
                    " ORDER BY created_ms DESC LIMIT 1",
                    keep_earlier, earlier, "tii", ask->repeat_key, from_ms, window_ms))
        return false;
    if (!earlier->found || strcmp(earlier->outcome, "waiting") != 0)
        return true;
    return store_read(asking->store, asking->arena, asking->fault, "SELECT state, lease_ms FROM outbox WHERE id = ?",
                      keep_waiting, earlier, "t", earlier->id);
}

static bool claim(struct asking *asking, const char *id)
{
    const struct admission_ask *ask = asking->ask;

    return store_run(asking->store, asking->fault,
                     "UPDATE outbox SET state = CASE state WHEN 'wire' THEN 'wire' ELSE 'claimed' END, lease_ms = ?"
                     " WHERE id = ?",
                     "it", ask->now_ms + ask->lease_ms, id);
}

/* The same is still in the outbox: another process tells it now, or nobody does and it becomes ours. */
static bool join_waiting(struct asking *asking, const struct earlier *earlier)
{
    bool leased = strcmp(earlier->row_state, "pending") != 0 && earlier->lease_ms > asking->ask->now_ms &&
                  earlier->lease_ms <= asking->ask->now_ms + DAY_MS;

    asking->answer->id = earlier->id;
    asking->answer->admission = leased ? IN_FLIGHT : ADOPTED;
    return leased || claim(asking, earlier->id);
}

/* *answered is false when it is no repeat. */
static bool answer_repeat(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    struct earlier earlier = {.found = false};
    int64_t ago_ms;

    if (!find_earlier(asking, &earlier))
        return false;
    *answered = false;
    if (!earlier.found)
        return true;
    ago_ms = ask->now_ms > earlier.created_ms ? ask->now_ms - earlier.created_ms : 0;
    if (strcmp(earlier.outcome, "delivered") == 0 && !ask->numbered && ago_ms > REMINDER_MS) {
        asking->answer->reason = "reminder";
        return true;
    }
    *answered = true;
    asking->answer->ago_ms = ago_ms;
    asking->answer->words = earlier.words;
    if (strcmp(earlier.outcome, "waiting") == 0 && earlier.row_state[0])
        return join_waiting(asking, &earlier);
    asking->answer->id = earlier.id;
    asking->answer->admission = strcmp(earlier.outcome, "refused") == 0 ? REFUSED_BEFORE : REPEATED;
    return true;
}

/* --- echoes --- */

static bool answer_echo(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;

    *answered = false;
    if (ask->reason[0]) /* what we say ourselves comes from no source */
        return true;
    if (!echo_is_ours(asking->store, asking->arena, ask->event, ask->problem, ask->short_id, ask->now_ms, answered,
                      asking->fault))
        return false;
    if (*answered)
        asking->answer->admission = ECHOED;
    return true;
}

/* --- mutes --- */

struct mute_search {
    const struct admission_ask *ask;
    const char *words;
};

static bool try_mute(void *self, struct row *row)
{
    struct mute_search *search = self;
    const struct event *event = search->ask->event;

    if (!glob_fits_if_given(row_text(row, 0), event->host) || !glob_fits_if_given(row_text(row, 1), event->service) ||
        (row_text(row, 2)[0] && !glob_fits_tag(row_text(row, 2), &event->tags)) ||
        !glob_fits_if_given(row_text(row, 3), search->ask->section))
        return true;
    search->words = row_text(row, 4);
    return false;
}

static bool answer_mute(struct asking *asking, bool *answered)
{
    struct mute_search search = {.ask = asking->ask};

    if (!store_read(asking->store, asking->arena, asking->fault,
                    "SELECT host, service, tag, section, author || ': ' || words FROM mute"
                    " WHERE ended = 0 AND from_ms <= ? AND until_ms > ?",
                    try_mute, &search, "ii", asking->ask->now_ms, asking->ask->now_ms))
        return false;
    *answered = search.words != NULL;
    if (*answered) {
        asking->answer->admission = MUTED;
        asking->answer->words = search.words;
    }
    return true;
}

/* --- recoveries --- */

static bool keep_text(void *self, struct row *row)
{
    *(const char **)self = row_text(row, 0);
    return false;
}

/* A recovery is left out only when the record says that its problem was kept from these people. */
static bool answer_pair(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    const char *outcome = "";

    *answered = false;
    if (ask->event->kind != EVENT_RECOVERY)
        return true;
    if (!store_read(
            asking->store, asking->arena, asking->fault,
            "SELECT outcome FROM notification WHERE problem = ? AND recipient_key = ? AND kind = 'problem'"
            " ORDER BY CASE outcome WHEN 'delivered' THEN 0 WHEN 'unclear' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END"
            " LIMIT 1",
            keep_text, &outcome, "tt", ask->problem, ask->recipient_key))
        return false;
    *answered = strcmp(outcome, "held") == 0 || strcmp(outcome, "muted") == 0;
    if (*answered)
        asking->answer->admission = FOLDED;
    return true;
}

/* --- hours of the route --- */

/* Nobody is left with a problem that is over: the recovery of what was delivered passes. */
static bool answer_hours(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    int64_t delivered = 0;

    *answered = false;
    if (ask->hold_until_ms <= ask->now_ms)
        return true;
    if (ask->event->kind == EVENT_RECOVERY &&
        !store_number(asking->store, asking->fault,
                      "SELECT COUNT(*) FROM notification WHERE problem = ? AND recipient_key = ?"
                      " AND kind = 'problem' AND outcome IN ('delivered', 'unclear', 'waiting')",
                      0, &delivered, "tt", ask->problem, ask->recipient_key))
        return false;
    if (delivered > 0)
        return true;
    asking->answer->admission = HELD;
    asking->answer->scope = "route";
    asking->answer->due_ms = ask->hold_until_ms;
    *answered = true;
    return true;
}

/* --- limits --- */

struct window {
    const char *name;
    int64_t length_ms;
    int64_t allowed;
};

struct filling {
    int64_t newest_ms;
    int64_t count;
    int64_t worst;    /* severity of the gravest message in the window */
    int64_t first_ms; /* the oldest: its place is the next to become free */
};

static bool count_booking(void *self, struct row *row)
{
    struct filling *filling = self;

    if (filling->count++ == 0)
        filling->newest_ms = row_number(row, 0);
    filling->worst = row_number(row, 1) > filling->worst ? row_number(row, 1) : filling->worst;
    filling->first_ms = row_number(row, 0);
    return true;
}

/* Newest first, at most as many as the window takes. A place booked in the future counts as booked now. */
static bool fill_window(struct asking *asking, const char *key, const struct window *window, struct filling *filling)
{
    *filling = (struct filling){.worst = -1};
    return store_read(asking->store, asking->arena, asking->fault,
                      "SELECT at_ms, severity FROM booking WHERE key = ? AND at_ms > ? ORDER BY at_ms DESC LIMIT ?",
                      count_booking, filling, "tii", key, asking->ask->now_ms - window->length_ms, window->allowed);
}

/* One budget: a key with its windows. */
struct budget {
    const char *scope;
    const char *key;
    const struct limits *limits;
    bool strict; /* the provider's: nobody passes */
};

static bool waits_in_outbox(const struct asking *asking, const struct budget *budget)
{
    return budget->strict && asking->ask->event->severity >= SEVERITY_CRITICAL;
}

static void refuse_place(struct asking *asking, const struct budget *budget, const struct window *window,
                         const struct filling *filling)
{
    struct admission_answer *answer = asking->answer;
    int64_t first_ms = filling->first_ms < asking->ask->now_ms ? filling->first_ms : asking->ask->now_ms;

    answer->admission = waits_in_outbox(asking, budget) ? QUEUED : HELD;
    answer->scope = budget->scope;
    answer->window = window->name;
    answer->allowed = window->allowed;
    answer->words =
        arena_print(asking->arena, "%lld a %s for this %s", (long long)window->allowed, window->name, budget->scope);
    answer->due_ms = first_ms + window->length_ms + 1;
}

static bool ask_window(struct asking *asking, const struct budget *budget, const struct window *window, bool *answered)
{
    struct filling filling;

    if (window->allowed <= 0)
        return true;
    if (!fill_window(asking, budget->key, window, &filling))
        return false;
    asking->from_the_future = asking->from_the_future || filling.newest_ms > asking->ask->now_ms + FUTURE_MS;
    if (filling.count >= window->allowed &&
        (budget->strict || (int64_t)asking->ask->event->severity <= filling.worst)) {
        refuse_place(asking, budget, window, &filling);
        *answered = true;
    }
    return true;
}

static bool ask_budget(struct asking *asking, const struct budget *budget, bool *answered)
{
    const struct limits *limits = budget->limits;
    int64_t kept = asking->ask->event->severity < SEVERITY_CRITICAL ? limits->kept_for_critical : 0;
    struct window windows[] = {
        {"minute", MINUTE_MS, limits->per_minute > kept ? limits->per_minute - kept : limits->per_minute},
        {"hour",   HOUR_MS,   limits->per_hour                                                          },
        {"day",    DAY_MS,    limits->per_day                                                           },
    };

    for (size_t i = 0; i < sizeof(windows) / sizeof(*windows) && !*answered; i++)
        if (!ask_window(asking, budget, &windows[i], answered))
            return false;
    return true;
}

static bool answer_limits(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    bool exempt = ask->exempt & 1U << ask->event->severity;
    struct budget budgets[] = {
        {"key",       ask->limit_key,     &ask->limits,           false},
        {"recipient", ask->recipient_key, &ask->recipient_limits, false},
        {"endpoint",  ask->endpoint_key,  &ask->endpoint_limits,  true },
    };

    *answered = false;
    if (ask->event->kind == EVENT_RECOVERY)
        return true;
    for (size_t i = 0; i < sizeof(budgets) / sizeof(*budgets) && !*answered; i++) {
        if ((i == 0 && ask->beyond_limits) || (i < 2 && exempt))
            continue;
        if (!ask_budget(asking, &budgets[i], answered))
            return false;
    }
    return true;
}

/* --- records --- */

static bool book(struct asking *asking)
{
    const struct admission_ask *ask = asking->ask;
    const char *keys[] = {ask->limit_key, ask->recipient_key, ask->endpoint_key};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again = again || strcmp(keys[i], keys[k]) == 0;
        if (!again && keys[i][0] &&
            !store_run(asking->store, asking->fault, "INSERT INTO booking (key, at_ms, severity) VALUES (?, ?, ?)",
                       "tii", keys[i], ask->now_ms, (int64_t)ask->event->severity))
            return false;
    }
    return true;
}

/* Times ahead of now come from a clock that was set back: they count from now on. */
static bool clamp_future(struct asking *asking)
{
    const struct admission_ask *ask = asking->ask;
    const char *keys[] = {ask->limit_key, ask->recipient_key, ask->endpoint_key};

    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (!store_run(asking->store, asking->fault, "UPDATE booking SET at_ms = ? WHERE key = ? AND at_ms > ?", "iti",
                       ask->now_ms, keys[i], ask->now_ms + FUTURE_MS))
            return false;
    return true;
}

/* Held by its route, not by a limit. */
static bool is_for_later(const struct asking *asking)
{
    return asking->answer->admission == HELD && strcmp(asking->answer->scope, "route") == 0;
}

/* Whose problem it is, for statistics. */
static const char *team_of(struct arena *arena, const struct event *event)
{
    for (size_t i = 0; i < event->tags.count; i++)
        if (strcasecmp(event->tags.items[i].name, "team") == 0)
            return event->tags.items[i].value;
    return arena_copy(arena, event->groups, strcspn(event->groups, ","));
}

static bool record_notification(struct asking *asking, const char *outcome)
{
    const struct admission_ask *ask = asking->ask;
    const struct event *event = ask->event;

    return store_run(asking->store, asking->fault,
                     "INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity, source,"
                     " host, service, state, subject, section, channel, recipients, recipient_key, limit_key,"
                     " endpoint_key, reason, outcome, words, route, release_ms, team)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "ttitttitttttttttttttttit", ask->id, ask->short_id, ask->now_ms, ask->problem, ask->repeat_key,
                     event_kind_name(event->kind), (int64_t)event->severity, event->source, event->host, event->service,
                     event->state, event->subject, ask->section, ask->channel, ask->recipients, ask->recipient_key,
                     ask->limit_key, ask->endpoint_key, asking->answer->reason, outcome, asking->answer->words,
                     ask->route, is_for_later(asking) ? asking->answer->due_ms : 0, team_of(asking->arena, event));
}

static bool record_row(struct asking *asking, const char *state, int64_t due_ms)
{
    const struct admission_ask *ask = asking->ask;
    const char *event = json_print(event_to_json(asking->arena, ask->event));

    return store_run(asking->store, asking->fault,
                     "INSERT INTO outbox (id, problem, recipient_key, severity, state, due_ms, lease_ms, legs, event,"
                     " template_name, created_ms, expires_ms, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "tttitiitttiit", ask->id, ask->problem, ask->recipient_key, (int64_t)ask->event->severity, state,
                     due_ms, ask->now_ms + ask->lease_ms, ask->legs, event, ask->template_name, ask->now_ms,
                     ask->expires_ms, asking->answer->reason);
}

static bool count_waiting(struct asking *asking)
{
    return store_number(asking->store, asking->fault,
                        "SELECT COUNT(*) FROM notification WHERE section = ? AND recipient_key = ?"
                        " AND outcome = 'held' AND ended_ms = 0",
                        0, &asking->answer->waiting, "tt", asking->ask->section, asking->ask->recipient_key);
}

static bool record(struct asking *asking)
{
    if (asking->ask->only_if_free && asking->answer->admission != ADMITTED)
        return true;
    switch (asking->answer->admission) {
    case ADMITTED:
        return book(asking) && record_notification(asking, "waiting") &&
               record_row(asking, "claimed", asking->ask->now_ms);
    case QUEUED:
        return book(asking) && record_notification(asking, "waiting") &&
               record_row(asking, "pending", asking->answer->due_ms);
    case HELD:
        asking->answer->reason = is_for_later(asking) ? "outside hours" : "limited";
        return record_notification(asking, "held") && count_waiting(asking);
    case MUTED:
        asking->answer->reason = "muted";
        return record_notification(asking, "muted");
    case FOLDED:
        asking->answer->reason = "folded";
        return record_notification(asking, "folded");
    case ECHOED:
        asking->answer->reason = "echo";
        return record_notification(asking, "echo");
    case ADOPTED:
    case IN_FLIGHT:
    case REPEATED:
    case REFUSED_BEFORE:
        return true;
    }
    return true;
}

/* Each question in its turn, until one is answered. */
static bool decide(struct asking *asking)
{
    bool (*const questions[])(struct asking *, bool *) = {answer_repeat, answer_echo,  answer_mute,
                                                          answer_pair,   answer_hours, answer_limits};
    bool answered = false;

    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions) && !answered; i++)
        if (!questions[i](asking, &answered))
            return false;
    return !asking->from_the_future || clamp_future(asking);
}

/* Nobody waits for an answer to what was kept back. An equal one has been noted before. */
static bool note_alert(struct asking *asking)
{
    const struct admission_ask *ask = asking->ask;
    enum admission admission = asking->answer->admission;
    bool told = admission == ADMITTED || admission == QUEUED;
    struct alert_news news = {
        .event = ask->event,
        .problem = ask->problem,
        .short_id = ask->short_id,
        .now_ms = ask->now_ms,
        .within_ms = told ? ask->confirm_within_ms : 0,
        .route = ask->route,
        .after_s = ask->steps_after_s,
        .step_count = told ? ask->step_count : 0,
    };

    if (ask->reason[0]) /* what we say ourselves is no news of its source */
        return true;
    if (!told && admission != HELD && admission != MUTED && admission != FOLDED)
        return true;
    return alert_note(asking->store, asking->arena, &news, asking->fault);
}

bool admission_ask(struct store *store, struct arena *arena, const struct admission_ask *ask,
                   struct admission_answer *answer, struct fault *fault)
{
    struct admission_answer given = {
        .admission = ADMITTED, .id = ask->id, .reason = "first", .window = "", .scope = "", .words = ""};
    struct asking asking = {.store = store, .arena = arena, .ask = ask, .answer = &given, .fault = fault};

    if (ask->reason[0])
        given.reason = ask->reason;
    else if (ask->event->kind != EVENT_PROBLEM)
        given.reason = event_kind_name(ask->event->kind);
    if (!store_begin(store, fault))
        return false;
    if (!decide(&asking) || (!ask->only_looking && (!record(&asking) || !note_alert(&asking)))) {
        store_rollback(store);
        return false;
    }
    if (ask->only_looking) {
        store_rollback(store);
        *answer = given;
        return true;
    }
    if (!store_commit(store, fault))
        return false;
    *answer = given;
    /* Nothing more will be done about these: the record is all that remembers them. */
    if (given.admission == HELD || given.admission == MUTED || given.admission == FOLDED || given.admission == QUEUED ||
        given.admission == ECHOED)
        return store_promise(store, fault);
    return true;
}

bool quota_take(struct store *store, struct arena *arena, const char *endpoint_key, const struct limits *limits,
                enum severity severity, int64_t now_ms, bool *taken, int64_t *due_ms, struct fault *fault)
{
    struct event event = {.kind = EVENT_PROBLEM, .severity = severity};
    struct admission_ask ask = {.event = &event, .now_ms = now_ms, .endpoint_key = endpoint_key};
    struct admission_answer answer = {.admission = ADMITTED};
    struct asking asking = {.store = store, .arena = arena, .ask = &ask, .answer = &answer, .fault = fault};
    struct budget budget = {"endpoint", endpoint_key, limits, true};
    bool refused = false;

    if (limits->per_minute <= 0 && limits->per_hour <= 0 && limits->per_day <= 0) {
        *taken = true;
        return true;
    }
    if (!store_begin(store, fault))
        return false;
    if (!ask_budget(&asking, &budget, &refused) ||
        (!refused && !store_run(store, fault, "INSERT INTO booking (key, at_ms, severity) VALUES (?, ?, ?)", "tii",
                                endpoint_key, now_ms, (int64_t)severity))) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, fault))
        return false;
    *taken = !refused;
    *due_ms = answer.due_ms;
    return true;
}
