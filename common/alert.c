#include "common/alert.h"

#include <string.h>

#include "common/clock.h"
#include "common/echo.h"
#include "common/hash.h"

#define SILENCE_MS    INT64_C(86400000)
#define NAME_LASTS_MS INT64_C(2592000000) /* a short name is free again 30 days after its problem was over */

const char *alert_state_name(enum alert_state state)
{
    static const char *const NAMES[] = {
        [ALERT_OPEN] = "open", [ALERT_ASKED] = "asked", [ALERT_TAKEN] = "taken", [ALERT_SOLVED] = "solved"};

    return NAMES[state];
}

static enum alert_state state_from(const char *name)
{
    for (enum alert_state state = ALERT_OPEN; state < ALERT_SOLVED; state++)
        if (strcmp(alert_state_name(state), name) == 0)
            return state;
    return ALERT_SOLVED;
}

const char *alert_verb_name(enum alert_verb verb)
{
    static const char *const NAMES[] = {[ALERT_TAKE] = "take", [ALERT_SOLVE] = "solve", [ALERT_RELEASE] = "release"};

    return NAMES[verb];
}

enum alert_verb alert_verb_from(const char *name)
{
    for (enum alert_verb verb = ALERT_TAKE; verb < ALERT_RELEASE; verb++)
        if (strcmp(alert_verb_name(verb), name) == 0)
            return verb;
    return ALERT_RELEASE;
}

const char *alert_id(struct arena *arena, const char *problem)
{
    struct digest digest = hash_sha256(problem, strlen(problem));

    digest.size = 8;
    return digest_hex(arena, &digest);
}

/* --- what the source says --- */

static const char OPEN[] =
    "INSERT INTO alert (problem, id, short_id, opened_ms, severity, source, host, service, subject,"
    " event, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')";

static const char OPEN_ANEW[] =
    "UPDATE alert SET over_ms = 0, opened_ms = ?, state = 'open', asked_ms = 0, due_ms = 0, taken_ms = 0, taken_by = '',"
    " taken_via = '', solved_ms = 0, solved_by = '', words = '' WHERE problem = ?";

static const char ASK[] = "UPDATE alert SET state = 'asked', asked_ms = CASE asked_ms WHEN 0 THEN ?2 ELSE asked_ms END,"
                          " due_ms = CASE WHEN due_ms = 0 OR due_ms > ?3 THEN ?3 ELSE due_ms END"
                          " WHERE problem = ?1 AND state IN ('open', 'asked')";

static const char ADD_STEP[] =
    "INSERT OR IGNORE INTO step (problem, route, number, due_ms, state)"
    " SELECT problem, ?2, ?3, ?4, 'waiting' FROM alert WHERE problem = ?1 AND state = 'asked'";

static bool add_steps(struct store *store, const struct alert_news *news, struct fault *fault)
{
    for (size_t i = 0; i < news->step_count; i++)
        if (!store_run(store, fault, ADD_STEP, "ttii", news->problem, news->route, (int64_t)i,
                       news->now_ms + news->after_s[i] * 1000))
            return false;
    return true;
}

/* Nobody has taken it yet. */
static bool open_anew(struct store *store, const struct alert_news *news, struct fault *fault)
{
    return store_run(store, fault, "DELETE FROM step WHERE problem = ?", "t", news->problem) &&
           store_run(store, fault, OPEN_ANEW, "it", news->now_ms, news->problem);
}

/* What stands of the problem when it is told. */
struct standing {
    bool known;
    int64_t over_ms;
    int64_t opened_ms;
    const char *event;
    bool begins_anew;
};

static bool keep_standing(void *self, struct row *row)
{
    *(struct standing *)self = (struct standing){
        .known = true, .over_ms = row_number(row, 0), .opened_ms = row_number(row, 1), .event = row_text(row, 2)};
    return false;
}

/* What is over was told once more, to others and late: nothing would ever end it again. */
static bool is_late(struct arena *arena, const struct alert_news *news, const struct standing *standing)
{
    struct event told = event_empty();
    struct fault unreadable = {0};

    return standing->over_ms > 0 &&
           event_from_json(arena, json_read(arena, standing->event, strlen(standing->event)), &told, &unreadable) &&
           told.time_s > 0 && news->event->time_s == told.time_s;
}

/*
 * Of a source without ids all problems of a service are the same. After its end it begins anew; so it does after a day of
 * silence, when nobody was told of an end.
 */
static bool find_beginning(struct store *store, const struct alert_news *news, struct standing *standing,
                           struct fault *fault)
{
    int64_t silent_ms = news->now_ms - SILENCE_MS;
    int64_t told_ms = 0;

    standing->begins_anew = standing->over_ms > 0;
    if (news->event->event_id[0] || standing->opened_ms > silent_ms)
        return true;
    if (!store_number(store, fault,
                      "SELECT MAX(created_ms) FROM notification WHERE problem = ? AND created_ms < ?"
                      " AND kind = 'problem' AND reason <> 'escalation'",
                      0, &told_ms, "ti", news->problem, news->now_ms))
        return false;
    standing->begins_anew = standing->begins_anew || told_ms <= silent_ms;
    return true;
}

/* By short statements, each for its case: one for all would take longer to compile than the rest of an admission. */
static bool write_alert(struct store *store, struct arena *arena, const struct alert_news *news,
                        const struct standing *standing, struct fault *fault)
{
    const struct event *event = news->event;
    const char *json = json_print(event_to_json(arena, event));
    const char *subject = event_headline(arena, event);

    if (!standing->known)
        return store_run(store, fault, OPEN, "tttiittttt", news->problem, alert_id(arena, news->problem),
                         news->short_id, news->now_ms, (int64_t)event->severity, event->source, event->host,
                         event->service, subject, json);
    if (standing->begins_anew && !open_anew(store, news, fault))
        return false;
    return store_run(store, fault, "UPDATE alert SET severity = ?, subject = ?, event = ? WHERE problem = ?", "ittt",
                     (int64_t)event->severity, subject, json, news->problem);
}

static bool open_alert(struct store *store, struct arena *arena, const struct alert_news *news, struct fault *fault)
{
    struct standing standing = {.event = ""};

    if (!store_read(store, arena, fault, "SELECT over_ms, opened_ms, event FROM alert WHERE problem = ?", keep_standing,
                    &standing, "t", news->problem))
        return false;
    if (is_late(arena, news, &standing))
        return true;
    if ((standing.known && !find_beginning(store, news, &standing, fault)) ||
        !write_alert(store, arena, news, &standing, fault))
        return false;
    if (news->within_ms <= 0)
        return true;
    return store_run(store, fault, ASK, "tii", news->problem, news->now_ms, news->now_ms + news->within_ms) &&
           add_steps(store, news, fault);
}

static bool stop_steps(struct store *store, const char *problem, struct fault *fault)
{
    return store_run(store, fault, "UPDATE step SET state = 'stopped' WHERE problem = ? AND state = 'waiting'", "t",
                     problem);
}

static bool end_alert(struct store *store, const struct alert_news *news, struct fault *fault)
{
    return store_run(store, fault, "UPDATE alert SET over_ms = ? WHERE problem = ? AND over_ms = 0", "it", news->now_ms,
                     news->problem) &&
           stop_steps(store, news->problem, fault);
}

static bool record_reply(struct store *store, const char *problem, const struct alert_reply *reply, bool announced,
                         struct fault *fault)
{
    return store_run(store, fault,
                     "INSERT INTO reply (problem, at_ms, verb, author, via, words, announced)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?)",
                     "titttti", problem, reply->now_ms, alert_verb_name(reply->verb), reply->author, reply->via,
                     reply->words, (int64_t)announced);
}

/* --- reading --- */

struct alert alert_of_row(struct row *row)
{
    return (struct alert){
        .problem = row_text(row, 0),
        .id = row_text(row, 1),
        .short_id = row_text(row, 2),
        .opened_ms = row_number(row, 3),
        .over_ms = row_number(row, 4),
        .severity = severity_of_number(row_number(row, 5)),
        .source = row_text(row, 6),
        .host = row_text(row, 7),
        .service = row_text(row, 8),
        .subject = row_text(row, 9),
        .event = row_text(row, 10),
        .state = state_from(row_text(row, 11)),
        .asked_ms = row_number(row, 12),
        .due_ms = row_number(row, 13),
        .taken_ms = row_number(row, 14),
        .taken_by = row_text(row, 15),
        .taken_via = row_text(row, 16),
        .solved_ms = row_number(row, 17),
        .solved_by = row_text(row, 18),
        .words = row_text(row, 19),
    };
}

struct finding_alert {
    struct alert *alert;
    bool found;
};

static bool keep_alert(void *self, struct row *row)
{
    struct finding_alert *finding = self;

    *finding->alert = alert_of_row(row);
    finding->found = true;
    return false;
}

bool alert_find(struct store *store, struct arena *arena, const char *id, struct alert *alert, bool *found,
                struct fault *fault)
{
    struct finding_alert finding = {.alert = alert};

    if (!store_read(store, arena, fault, "SELECT " ALERT_COLUMNS " FROM alert a WHERE id = ?", keep_alert, &finding,
                    "t", id))
        return false;
    *found = finding.found;
    return true;
}

struct listing_alerts {
    bool (*each)(void *self, const struct alert *alert);
    void *self;
};

static bool pass_alert(void *self, struct row *row)
{
    struct listing_alerts *listing = self;
    struct alert alert = alert_of_row(row);

    return listing->each(listing->self, &alert);
}

/* The few that are wanted are found by an index: most alerts are over, and are kept for as long as the history. */
#define LIST_WHERE(which)                                                                   \
    "SELECT " ALERT_COLUMNS " FROM alert a WHERE " which " AND (?3 = 0 OR state = 'asked')" \
    " AND (?4 = 0 OR opened_ms < ?4) ORDER BY severity DESC, opened_ms LIMIT ?5"

static const char *list_of(const struct alert_filter *filter)
{
    if (filter->problem[0])
        return LIST_WHERE("problem = ?1 AND ?2 = ?2");
    if (filter->short_id[0])
        return LIST_WHERE("short_id = ?1 AND (over_ms = 0 OR over_ms > ?2)");
    return LIST_WHERE("over_ms = 0 AND ?1 = '' AND ?2 = ?2");
}

bool alert_list(struct store *store, struct arena *arena, const struct alert_filter *filter,
                bool (*each)(void *self, const struct alert *alert), void *self, struct fault *fault)
{
    struct listing_alerts listing = {.each = each, .self = self};

    return store_read(store, arena, fault, list_of(filter), pass_alert, &listing, "tiiii",
                      filter->problem[0] ? filter->problem : filter->short_id, filter->now_ms - NAME_LASTS_MS,
                      (int64_t)filter->untaken, filter->before_ms, filter->most > 0 ? filter->most : INT64_MAX);
}

struct listing_said {
    bool (*each)(void *self, const struct alert_said *said);
    void *self;
};

static bool pass_said(void *self, struct row *row)
{
    struct listing_said *listing = self;
    struct alert_said said = {
        .at_ms = row_number(row, 0),
        .verb = alert_verb_from(row_text(row, 1)),
        .author = row_text(row, 2),
        .via = row_text(row, 3),
        .words = row_text(row, 4),
    };

    return listing->each(listing->self, &said);
}

bool alert_said(struct store *store, struct arena *arena, const char *problem,
                bool (*each)(void *self, const struct alert_said *said), void *self, struct fault *fault)
{
    struct listing_said listing = {.each = each, .self = self};

    return store_read(store, arena, fault,
                      "SELECT at_ms, verb, author, via, words FROM reply WHERE problem = ? ORDER BY at_ms, rowid",
                      pass_said, &listing, "t", problem);
}

/* --- what people say --- */

static const char TAKE[] =
    "UPDATE alert SET state = 'taken', taken_ms = ?2, taken_by = ?3, taken_via = ?4, reminded_ms = 0,"
    " words = CASE ?5 WHEN '' THEN words ELSE ?5 END WHERE problem = ?1";

/* Who solves what nobody had taken has taken it, too. */
static const char SOLVE[] = "UPDATE alert SET state = 'solved', solved_ms = ?2, solved_by = ?3,"
                            " taken_ms = CASE taken_ms WHEN 0 THEN ?2 ELSE taken_ms END,"
                            " taken_by = CASE taken_by WHEN '' THEN ?3 ELSE taken_by END,"
                            " taken_via = CASE taken_via WHEN '' THEN ?4 ELSE taken_via END,"
                            " words = CASE ?5 WHEN '' THEN words ELSE ?5 END WHERE problem = ?1";

static const char RELEASE[] =
    "UPDATE alert SET state = CASE asked_ms WHEN 0 THEN 'open' ELSE 'asked' END,"
    " due_ms = CASE due_ms WHEN 0 THEN 0 ELSE due_ms + ?2 - taken_ms END, taken_ms = 0, taken_by = '', taken_via = '',"
    " solved_ms = 0, solved_by = '', words = CASE ?5 WHEN '' THEN words ELSE ?5 END WHERE problem = ?1";

/* The time in which somebody was on it does not count. */
static const char RESUME_STEPS[] = "UPDATE step SET state = 'waiting', due_ms = due_ms + ?"
                                   " WHERE problem = ? AND state = 'stopped'";

static bool is_so_already(const struct alert *alert, enum alert_verb verb)
{
    switch (verb) {
    case ALERT_TAKE:
        return alert->state == ALERT_TAKEN || alert->state == ALERT_SOLVED;
    case ALERT_SOLVE:
        return alert->state == ALERT_SOLVED;
    case ALERT_RELEASE:
        return alert->state == ALERT_OPEN || alert->state == ALERT_ASKED;
    }
    return true;
}

static bool set_state(struct store *store, const struct alert *alert, const struct alert_reply *reply,
                      struct fault *fault)
{
    static const char *const STATEMENTS[] = {[ALERT_TAKE] = TAKE, [ALERT_SOLVE] = SOLVE, [ALERT_RELEASE] = RELEASE};

    return store_run(store, fault, STATEMENTS[reply->verb], "tittt", alert->problem, reply->now_ms, reply->author,
                     reply->via, reply->words);
}

static bool set_steps(struct store *store, const struct alert *alert, const struct alert_reply *reply,
                      struct fault *fault)
{
    if (reply->verb == ALERT_RELEASE)
        return store_run(store, fault, RESUME_STEPS, "it", reply->now_ms - alert->taken_ms, alert->problem);
    return stop_steps(store, alert->problem, fault);
}

/* What the monitoring system has told us itself, it knows. The number of the reply tells those of one millisecond apart. */
static bool leave_word(struct store *store, struct arena *arena, const struct alert *alert,
                       const struct alert_reply *reply, struct fault *fault)
{
    int64_t number;

    if (strcmp(reply->via, alert->source) == 0)
        return true;
    if (!store_number(store, fault, "SELECT COUNT(*) FROM reply WHERE problem = ?", 0, &number, "t", alert->problem))
        return false;
    return store_run(
        store, fault,
        "INSERT INTO writeback (id, problem, verb, author, words, created_ms, due_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')",
        "tttttii",
        arena_print(arena, "w%011llx%s-%lld", (unsigned long long)reply->now_ms, alert->id, (long long)number),
        alert->problem, alert_verb_name(reply->verb), reply->author, reply->words, reply->now_ms, reply->now_ms);
}

/* `announced`: those who know of it are told by others. */
static bool answer_reply(struct store *store, struct arena *arena, const struct alert_reply *reply, bool announced,
                         struct alert *alert, enum alert_answer *answer, struct fault *fault)
{
    bool found = false;

    if (!alert_find(store, arena, reply->id, alert, &found, fault))
        return false;
    *answer = !found                              ? ALERT_UNKNOWN
              : alert->over_ms > 0                ? ALERT_OVER
              : is_so_already(alert, reply->verb) ? ALERT_ALREADY
                                                  : ALERT_DONE;
    if (*answer != ALERT_DONE)
        return true;
    return set_state(store, alert, reply, fault) && record_reply(store, alert->problem, reply, announced, fault) &&
           set_steps(store, alert, reply, fault) && leave_word(store, arena, alert, reply, fault) &&
           alert_find(store, arena, reply->id, alert, &found, fault);
}

bool alert_reply(struct store *store, struct arena *arena, const struct alert_reply *reply, struct alert *alert,
                 enum alert_answer *answer, struct fault *fault)
{
    enum alert_answer given = ALERT_UNKNOWN;
    struct alert found;

    if (!store_begin(store, fault))
        return false;
    if (!answer_reply(store, arena, reply, false, &found, &given, fault)) {
        store_rollback(store);
        return false;
    }
    if (!store_commit(store, fault) || !store_promise(store, fault))
        return false;
    if (given != ALERT_UNKNOWN)
        *alert = found;
    *answer = given;
    return true;
}

/* --- what the source says of people --- */

/* Who is told of it hears it by the source's own notification. */
static bool note_reply(struct store *store, struct arena *arena, const struct alert_news *news, enum alert_verb verb,
                       struct fault *fault)
{
    const struct event *event = news->event;
    struct alert_reply reply = {.id = alert_id(arena, news->problem),
                                .verb = verb,
                                .author = event->author[0] ? event->author : event->source,
                                .via = event->source,
                                .words = event->comment,
                                .now_ms = news->now_ms};
    enum alert_answer answer;
    struct alert alert;

    return answer_reply(store, arena, &reply, true, &alert, &answer, fault);
}

/* Our own word may come back late, when it has been given back since. */
static bool is_own_word(struct arena *arena, const struct alert_news *news)
{
    return echo_is_marked(arena, news->event->comment, news->short_id);
}

/* Zabbix: "unacknowledged", "unacknowledged and commented". */
static bool says_unacknowledged(const char *action)
{
    return strncmp(action, "unacknowledged", strlen("unacknowledged")) == 0;
}

bool alert_note(struct store *store, struct arena *arena, const struct alert_news *news, struct fault *fault)
{
    switch (news->event->kind) {
    case EVENT_PROBLEM:
        return open_alert(store, arena, news, fault);
    case EVENT_RECOVERY:
    case EVENT_CANCELLED:
        return end_alert(store, news, fault);
    case EVENT_ACKNOWLEDGEMENT:
        return is_own_word(arena, news) || note_reply(store, arena, news, ALERT_TAKE, fault);
    case EVENT_UPDATE:
        return !says_unacknowledged(news->event->action) || note_reply(store, arena, news, ALERT_RELEASE, fault);
    case EVENT_FLAPPING_START:
    case EVENT_FLAPPING_STOP:
    case EVENT_DOWNTIME_START:
    case EVENT_DOWNTIME_END:
    case EVENT_DOWNTIME_CANCELLED:
    case EVENT_CUSTOM:
    case EVENT_DISCOVERY:
    case EVENT_AUTOREGISTRATION:
    case EVENT_NOTE:
        break;
    }
    return true;
}

/* --- a clock that was set back --- */

static const char STEPS_BACK[] =
    "UPDATE step SET due_ms = due_ms - (SELECT opened_ms FROM alert a WHERE a.problem = step.problem) + ?1"
    " WHERE problem IN (SELECT problem FROM alert WHERE over_ms = 0 AND opened_ms > ?2)";

static const char ALERTS_BACK[] =
    "UPDATE alert SET opened_ms = ?1, asked_ms = MIN(asked_ms, ?1), taken_ms = MIN(taken_ms, ?1),"
    " reminded_ms = MIN(reminded_ms, ?1), solved_ms = MIN(solved_ms, ?1),"
    " due_ms = CASE due_ms WHEN 0 THEN 0 ELSE due_ms - opened_ms + ?1 END WHERE over_ms = 0 AND opened_ms > ?2";

bool alert_take_back(struct store *store, int64_t now_ms, struct fault *fault)
{
    int64_t count;

    if (!store_number(store, fault, "SELECT COUNT(*) FROM alert WHERE over_ms = 0 AND opened_ms > ?", 0, &count, "i",
                      now_ms + CLOCKS_AGREE_MS))
        return false;
    if (count == 0)
        return true;
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault, STEPS_BACK, "ii", now_ms, now_ms + CLOCKS_AGREE_MS) ||
        !store_run(store, fault, ALERTS_BACK, "ii", now_ms, now_ms + CLOCKS_AGREE_MS)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault);
}
