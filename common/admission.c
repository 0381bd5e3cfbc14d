#include "common/admission.h"

#include <string.h>
#include <strings.h>

#include "common/alert.h"
#include "common/clock.h"
#include "common/echo.h"
#include "common/glob.h"
#include "common/outbox.h"
#include "common/storm.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    REMINDER_MS = 55000, /* an equal message later than this, without a number, is the source's reminder */
    EXEMPT_MOST = 20,    /* a minute; more of them are told together */
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
    const char *endpoint_key; /* that has the place; "" when none was asked for */
    const char *mute;         /* id of the one that keeps it back */
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
                  earlier->lease_ms <= asking->ask->now_ms + OUTBOX_LEASE_MOST_MS;

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
    const char *id;
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
    search->id = row_text(row, 5);
    return false;
}

/* True for the recovery of a problem that these people have been told of: nobody is left with what is over. */
static bool ends_what_was_told(struct asking *asking, bool *ends)
{
    const struct admission_ask *ask = asking->ask;
    int64_t delivered = 0;

    if (ask->event->kind == EVENT_RECOVERY &&
        !store_number(asking->store, asking->fault,
                      "SELECT COUNT(*) FROM notification WHERE problem = ? AND recipient_key = ?"
                      " AND kind = 'problem' AND outcome IN ('delivered', 'unclear', 'waiting')",
                      0, &delivered, "tt", ask->problem, ask->recipient_key))
        return false;
    *ends = delivered > 0;
    return true;
}

static bool answer_mute(struct asking *asking, bool *answered)
{
    struct mute_search search = {.ask = asking->ask};
    bool ends = false;

    *answered = false;
    if (asking->ask->beyond_mutes)
        return true;
    if (!store_read(asking->store, asking->arena, asking->fault,
                    "SELECT host, service, tag, section, author || ': ' || words, id FROM mute"
                    " WHERE ended = 0 AND from_ms <= ? AND until_ms > ?",
                    try_mute, &search, "ii", asking->ask->now_ms, asking->ask->now_ms))
        return false;
    if (!search.words)
        return true;
    if (!ends_what_was_told(asking, &ends))
        return false;
    *answered = !ends;
    if (*answered) {
        asking->answer->admission = MUTED;
        asking->answer->words = search.words;
        asking->mute = search.id;
    }
    return true;
}

/* --- recoveries --- */

static bool keep_text(void *self, struct row *row)
{
    *(const char **)self = row_text(row, 0);
    return false;
}

/*
 * A recovery is left out only when the record says that its problem was kept from these people. When a summary has told the
 * problem, a summary tells its end.
 */
static bool answer_pair(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    const char *fate = "";

    *answered = false;
    if (ask->event->kind != EVENT_RECOVERY)
        return true;
    if (!store_read(
            asking->store, asking->arena, asking->fault,
            "SELECT CASE WHEN outcome = 'held' AND delivered_by <> '' THEN 'summary' ELSE outcome END FROM notification"
            " WHERE problem = ? AND recipient_key = ? AND kind = 'problem'"
            " ORDER BY CASE outcome WHEN 'delivered' THEN 0 WHEN 'unclear' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END,"
            " delivered_by = '' LIMIT 1",
            keep_text, &fate, "tt", ask->problem, ask->recipient_key))
        return false;
    *answered = strcmp(fate, "held") == 0 || strcmp(fate, "muted") == 0 || strcmp(fate, "summary") == 0;
    if (*answered)
        asking->answer->admission = strcmp(fate, "summary") == 0 ? HELD : FOLDED;
    if (asking->answer->admission == HELD)
        asking->answer->scope = "summary";
    return true;
}

/* --- hours of the route --- */

static bool answer_hours(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    bool ends = false;

    *answered = false;
    if (ask->hold_until_ms <= ask->now_ms)
        return true;
    if (!ends_what_was_told(asking, &ends))
        return false;
    if (ends)
        return true;
    asking->answer->admission = HELD;
    asking->answer->scope = "route";
    asking->answer->due_ms = ask->hold_until_ms;
    *answered = true;
    return true;
}

/* --- those whom no limit of ours holds --- */

/* The first that these people are told of within the hour. */
static bool is_first_down(struct asking *asking, bool *first)
{
    const struct admission_ask *ask = asking->ask;
    int64_t others = 0;

    *first = false;
    if (!event_is_host_down(ask->event))
        return true;
    if (!store_number(asking->store, asking->fault,
                      "SELECT COUNT(*) FROM notification WHERE recipient_key = ? AND kind = 'problem'"
                      " AND created_ms > ? AND created_ms <= ? AND service = ''"
                      " AND (UPPER(state) = 'DOWN' OR UPPER(state) LIKE 'UNREACH%')"
                      " AND outcome IN ('delivered', 'unclear', 'waiting')",
                      0, &others, "tii", ask->recipient_key, ask->now_ms - HOUR_MS, ask->now_ms + CLOCKS_AGREE_MS))
        return false;
    *first = others == 0;
    return true;
}

static bool is_exempt(const struct asking *asking)
{
    return asking->ask->exempt & 1U << asking->ask->event->severity;
}

static enum severity least_exempt(const struct asking *asking)
{
    enum severity severity = SEVERITY_INFO;

    while (severity < SEVERITY_EMERGENCY && !(asking->ask->exempt & 1U << severity))
        severity++;
    return severity;
}

/* So many at once are read together better than one by one. */
static bool answer_exempt(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    enum severity least = least_exempt(asking);
    int64_t count = 0;

    *answered = false;
    if (ask->event->kind != EVENT_PROBLEM || ask->beyond_limits || !is_exempt(asking))
        return true;
    if (!store_number(asking->store, asking->fault,
                      "SELECT COUNT(*) FROM (SELECT 1 FROM booking WHERE key = ? AND at_ms > ? AND at_ms <= ?"
                      " AND severity >= ? LIMIT ?)",
                      0, &count, "tiiii", ask->recipient_key, ask->now_ms - MINUTE_MS, ask->now_ms + CLOCKS_AGREE_MS,
                      (int64_t)least, (int64_t)EXEMPT_MOST))
        return false;
    *answered = count >= EXEMPT_MOST;
    if (*answered) {
        asking->answer->admission = HELD;
        asking->answer->scope = "exempt";
        asking->answer->window = "minute";
        asking->answer->allowed = EXEMPT_MOST;
        asking->answer->words = "many a minute that no limit holds";
    }
    return true;
}

/* --- storms --- */

static bool answer_storm(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    struct storm_ask question = {
        .policy = &ask->storm,
        .recipient_key = ask->recipient_key,
        .section = ask->section,
        .recipients = ask->recipients,
        .problem = ask->problem,
        .severity = ask->event->severity,
        .now_ms = ask->now_ms,
    };
    struct storm_answer storm;
    bool first_down;

    if (ask->event->kind != EVENT_PROBLEM || ask->beyond_limits)
        return true;
    if (!storm_ask(asking->store, &question, &storm, asking->fault) || !is_first_down(asking, &first_down))
        return false;
    asking->answer->storm_begins = storm.begins;
    *answered = storm.holds && !is_exempt(asking) && !first_down;
    if (*answered) {
        asking->answer->admission = HELD;
        asking->answer->scope = "storm";
        asking->answer->words = "a storm of problems";
    }
    return true;
}

/* --- limits --- */

static void refuse_place(struct asking *asking, const char *scope, const struct vacancy *vacancy)
{
    struct admission_answer *answer = asking->answer;

    answer->admission = HELD;
    answer->scope = scope;
    answer->window = vacancy->window;
    answer->allowed = vacancy->allowed;
    answer->words =
        arena_print(asking->arena, "%lld a %s for this %s", (long long)vacancy->allowed, vacancy->window, scope);
    answer->due_ms = vacancy->due_ms;
}

static bool answer_limits(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    struct {
        const char *scope;
        const char *key;
        const struct limits *limits;
    } budgets[] = {
        {"key",       ask->limit_key,     &ask->limits          },
        {"recipient", ask->recipient_key, &ask->recipient_limits},
    };
    bool first_down;

    if (ask->event->kind == EVENT_RECOVERY || is_exempt(asking))
        return true;
    if (!is_first_down(asking, &first_down))
        return false;
    for (size_t i = ask->beyond_limits ? 1 : 0; i < 2 && !*answered && !first_down; i++) {
        struct budget budget = {.key = budgets[i].key,
                                .limits = *budgets[i].limits,
                                .severity = ask->event->severity,
                                .now_ms = ask->now_ms};
        struct vacancy vacancy;

        if (!budget_ask(asking->store, &budget, &vacancy, asking->fault))
            return false;
        *answered = vacancy.taken;
        if (vacancy.taken)
            refuse_place(asking, budgets[i].scope, &vacancy);
    }
    return true;
}

/* --- the provider's quota --- */

/* Title of the section that sent the first message of this problem: what follows belongs to it. NULL when nothing did. */
static bool find_first_sender(struct store *store, struct arena *arena, const char *problem, const char *recipient_key,
                              const struct endpoints *pool, const char **first, struct fault *fault)
{
    const char *sender = NULL;

    *first = NULL;
    if (pool->count < 2)
        return true;
    if (!store_read(store, arena, fault,
                    "SELECT delivered_by FROM notification WHERE problem = ? AND recipient_key = ?"
                    " AND outcome IN ('delivered', 'unclear') ORDER BY created_ms LIMIT 1",
                    keep_text, &sender, "tt", problem, recipient_key))
        return false;
    for (size_t i = 0; sender && i < pool->count; i++)
        if (strcmp(pool->items[i].via, sender) == 0)
            *first = pool->items[i].via;
    if (sender && !*first)
        *first = "";
    return true;
}

/* A recovery goes out even where no place is left: the provider may still take it. */
static bool answer_quota(struct asking *asking, bool *answered)
{
    const struct admission_ask *ask = asking->ask;
    struct endpoint own = {.key = ask->endpoint_key, .via = ""};
    struct endpoints pool = ask->pool.count ? ask->pool : (struct endpoints){.items = &own, .count = 1};
    struct budget budget = {
        .limits = ask->endpoint_limits, .severity = ask->event->severity, .strict = true, .now_ms = ask->now_ms};
    const struct endpoint *found;
    struct vacancy vacancy;
    const char *first;
    bool first_down;

    if (ask->place_later)
        return true;
    if (!find_first_sender(asking->store, asking->arena, ask->problem, ask->recipient_key, &pool, &first,
                           asking->fault) ||
        !budget_choose(asking->store, &pool, first, &budget, &found, &vacancy, asking->fault) ||
        !is_first_down(asking, &first_down))
        return false;
    asking->answer->via = found->via;
    asking->endpoint_key = found->key;
    *answered = vacancy.taken && ask->event->kind != EVENT_RECOVERY;
    if (!*answered)
        return true;
    refuse_place(asking, "endpoint", &vacancy);
    if (ask->event->severity >= SEVERITY_CRITICAL || first_down)
        asking->answer->admission = QUEUED;
    return true;
}

/* --- records --- */

static bool book_once(struct asking *asking, const char *key)
{
    return key[0] == '\0' ||
           budget_book(asking->store, key, asking->ask->event->severity, asking->ask->now_ms, asking->fault);
}

/* Of the limits' keys and, when it is told now, of the endpoint that has the place. */
static bool book(struct asking *asking)
{
    const struct admission_ask *ask = asking->ask;
    const char *endpoint_key = asking->answer->admission == ADMITTED ? asking->endpoint_key : "";

    return book_once(asking, ask->limit_key) &&
           (strcmp(ask->recipient_key, ask->limit_key) == 0 || book_once(asking, ask->recipient_key)) &&
           (strcmp(endpoint_key, ask->limit_key) == 0 || strcmp(endpoint_key, ask->recipient_key) == 0 ||
            book_once(asking, endpoint_key));
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

/* What a mute keeps back is for its route's hours, too, when the mute ends. */
static int64_t release_ms(const struct asking *asking)
{
    bool muted = asking->answer->admission == MUTED;

    return is_for_later(asking) || muted ? asking->ask->hold_until_ms : 0;
}

static bool record_notification(struct asking *asking, const char *outcome)
{
    const struct admission_ask *ask = asking->ask;
    const struct event *event = ask->event;

    return store_run(asking->store, asking->fault,
                     "INSERT INTO notification (id, short_id, created_ms, problem, repeat_key, kind, severity, source,"
                     " host, service, state, subject, section, channel, recipients, recipient_key, limit_key,"
                     " endpoint_key, reason, outcome, words, code, route, release_ms, team)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "ttitttittttttttttttttttit", ask->id, ask->short_id, ask->now_ms, ask->problem, ask->repeat_key,
                     event_kind_name(event->kind), (int64_t)event->severity, event->source, event->host, event->service,
                     event->state, event->subject, ask->section, ask->channel, ask->recipients, ask->recipient_key,
                     ask->limit_key, ask->endpoint_key, asking->answer->reason, outcome, asking->answer->words,
                     asking->mute, ask->route, release_ms(asking), team_of(asking->arena, event));
}

static bool record_row(struct asking *asking, const char *state, int64_t due_ms)
{
    const struct admission_ask *ask = asking->ask;
    const char *event = json_print(event_to_json(asking->arena, ask->event));

    return store_run(asking->store, asking->fault,
                     "INSERT INTO outbox (id, problem, recipient_key, severity, state, due_ms, lease_ms, legs, event,"
                     " template_name, created_ms, expires_ms, reason, booked, via)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "tttitiitttiitit", ask->id, ask->problem, ask->recipient_key, (int64_t)ask->event->severity, state,
                     due_ms, ask->now_ms + ask->lease_ms, ask->legs, event, ask->template_name, ask->now_ms,
                     ask->expires_ms, asking->answer->reason,
                     (int64_t)(asking->answer->admission == ADMITTED && asking->endpoint_key[0]), asking->answer->via);
}

/* What waits of a problem that is over is told by its recovery. What another process tells right now is not touched. */
static bool take_along(struct asking *asking)
{
    const struct admission_ask *ask = asking->ask;

    if (ask->event->kind != EVENT_RECOVERY)
        return true;
    return store_run(asking->store, asking->fault,
                     "UPDATE notification SET outcome = 'folded', delivered_by = ? WHERE id IN (SELECT id FROM outbox"
                     " WHERE problem = ? AND recipient_key = ? AND state = 'pending' AND id <> ?)",
                     "tttt", ask->id, ask->problem, ask->recipient_key, ask->id) &&
           store_run(asking->store, asking->fault,
                     "DELETE FROM outbox WHERE problem = ? AND recipient_key = ? AND state = 'pending' AND id <> ?",
                     "ttt", ask->problem, ask->recipient_key, ask->id);
}

static bool count_waiting(struct asking *asking)
{
    return store_number(asking->store, asking->fault,
                        "SELECT COUNT(*) FROM notification WHERE section = ? AND recipient_key = ?"
                        " AND outcome = 'held' AND delivered_by = ''",
                        0, &asking->answer->waiting, "tt", asking->ask->section, asking->ask->recipient_key);
}

/* As the history says it, and the summary. */
static const char *why_held(const struct asking *asking)
{
    const char *scope = asking->answer->scope;

    if (is_for_later(asking))
        return "outside hours";
    if (strcmp(scope, "storm") == 0 || strcmp(scope, "exempt") == 0)
        return scope;
    return strcmp(scope, "summary") == 0 ? "recovery" : "limited";
}

static bool record(struct asking *asking)
{
    if (asking->ask->only_if_free && asking->answer->admission != ADMITTED)
        return true;
    switch (asking->answer->admission) {
    case ADMITTED:
        return take_along(asking) && book(asking) && record_notification(asking, "waiting") &&
               record_row(asking, "claimed", asking->ask->now_ms);
    case QUEUED:
        return book(asking) && record_notification(asking, "waiting") &&
               record_row(asking, "pending", asking->answer->due_ms);
    case HELD:
        asking->answer->reason = why_held(asking);
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
    bool (*const questions[])(struct asking *, bool *) = {answer_repeat, answer_echo,   answer_mute,
                                                          answer_pair,   answer_hours,  answer_exempt,
                                                          answer_storm,  answer_limits, answer_quota};
    bool answered = false;

    for (size_t i = 0; i < sizeof(questions) / sizeof(*questions) && !answered; i++)
        if (!questions[i](asking, &answered))
            return false;
    return true;
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
        .admission = ADMITTED, .id = ask->id, .reason = "first", .window = "", .scope = "", .via = "", .words = ""};
    struct asking asking = {
        .store = store, .arena = arena, .ask = ask, .answer = &given, .endpoint_key = "", .mute = "", .fault = fault};

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

bool quota_take(struct store *store, struct arena *arena, const struct quota_ask *ask, struct quota_answer *answer,
                struct fault *fault)
{
    struct budget budget = {.limits = ask->limits, .severity = ask->severity, .strict = true, .now_ms = ask->now_ms};
    const struct endpoint *found = NULL;
    const char *first = NULL;
    struct vacancy vacancy;

    if (!store_begin(store, fault))
        return false;
    if (!find_first_sender(store, arena, ask->problem, ask->recipient_key, &ask->pool, &first, fault) ||
        !budget_choose(store, &ask->pool, first, &budget, &found, &vacancy, fault) ||
        (!vacancy.taken && !budget_book(store, found->key, ask->severity, ask->now_ms, fault))) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, fault))
        return false;
    *answer = (struct quota_answer){.taken = !vacancy.taken, .via = found->via, .due_ms = vacancy.due_ms};
    return true;
}
