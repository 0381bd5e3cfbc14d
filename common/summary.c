#include "common/summary.h"

#include <string.h>

#include "common/clock.h"
#include "common/operator.h"
#include "common/storm.h"

enum {
    GROUPS_MOST = 200,    /* in one pass */
    BATCH = 5000,         /* rows in one transaction */
    EXEMPT_MS = 10000,    /* what is too grave for limits waits no longer for others to be told with it */
    BETWEEN_MS = 60000,   /* two summaries to the same people are at least this far apart */
    IN_STORM_MS = 300000, /* so far in a storm */
    LOST_MS = 86400000,   /* so long a section may be missing before what waits for it is given up */
};

struct group {
    const char *section;
    const char *recipient_key;
    const char *recipients;
    int64_t count;
    int64_t first_ms;
    int64_t last_ms;
    enum severity worst;
    bool waited;      /* some waited in the outbox before */
    bool exempt;      /* some are too grave to wait for others */
    bool only_over;   /* nothing but recoveries */
    int64_t storm_ms; /* when a storm began that is not over; 0 for none */
};

struct groups {
    struct group items[GROUPS_MOST];
    size_t count;
};

static bool keep_group(void *self, struct row *row)
{
    struct groups *groups = self;

    groups->items[groups->count++] = (struct group){
        .section = row_text(row, 0),
        .recipient_key = row_text(row, 1),
        .recipients = row_text(row, 2),
        .count = row_number(row, 3),
        .first_ms = row_number(row, 4),
        .last_ms = row_number(row, 5),
        .worst = severity_of_number(row_number(row, 6)),
        .waited = row_number(row, 7) != 0,
        .exempt = row_number(row, 8) != 0,
        .only_over = row_number(row, 9) != 0,
    };
    return groups->count < GROUPS_MOST;
}

/* --- words --- */

static const char *subject_of(const struct digest_making *making, const struct group *group)
{
    int64_t minutes = (group->last_ms - group->first_ms + 59999) / 60000;
    const char *values[] = {digest_number(making, group->count), digest_number(making, minutes > 0 ? minutes : 1)};
    enum word word = WORD_SUMMARY_SUBJECT;

    if (group->only_over)
        word = WORD_SUMMARY_ENDS;
    if (group->waited) {
        word = WORD_SUMMARY_WAITED;
        values[1] = digest_clock(making, group->first_ms);
    }
    return word_print(making->world->arena, making->config->language, word, values, 2);
}

static struct digest_set set_of(const struct group *group)
{
    return (struct digest_set){.held = true,
                               .section = group->section,
                               .recipient_key = group->recipient_key,
                               .until_ms = group->last_ms,
                               .each_host = group->exempt};
}

static bool event_of(const struct digest_making *making, const struct group *group, struct event *event,
                     struct fault *fault)
{
    struct digest_set set = set_of(group);
    const char *storm = "";
    const char *text;

    if (!digest_write(making, &set, &text, NULL, fault) ||
        (group->storm_ms > 0 && !digest_storm(making, group->recipient_key, group->storm_ms, &storm, NULL, fault)))
        return false;
    if (storm[0])
        text = arena_print(making->world->arena, "%s\n%s", storm, text);
    *event = digest_event(making, group->only_over ? SEVERITY_INFO : group->worst,
                          arena_print(making->world->arena, "summary-%lld", (long long)group->last_ms),
                          subject_of(making, group), text);
    event->time_s = group->last_ms / 1000;
    return true;
}

/* --- one group --- */

/* ?1 section, ?2 recipients: what no message tells yet. */
#define UNTOLD                                                                                  \
    " FROM notification INDEXED BY notification_held WHERE section = ?1 AND recipient_key = ?2" \
    " AND delivered_by = '' AND (outcome = 'held' OR outcome = 'folded')"

/* A part of them in a transaction: others write in between. The statement takes ?1, ?2, ?3 words, ?4 to ?7 numbers, ?8 rows. */
static bool change_some(const struct digest_making *making, const char *sql, const struct digest_set *set,
                        const char *words, int64_t asked_ms, int64_t *changed, struct fault *fault)
{
    if (!store_change(making->store, fault, sql, "tttiiiii", set->section, set->recipient_key, words, set->since_ms,
                      set->until_ms, asked_ms, (int64_t)set->held, (int64_t)BATCH))
        return false;
    *changed = store_changed(making->store);
    return true;
}

static bool change_all(const struct digest_making *making, const char *sql, const struct digest_set *set,
                       const char *words, int64_t asked_ms, struct fault *fault)
{
    int64_t changed = 1;

    while (changed > 0)
        if (!change_some(making, sql, set, words, asked_ms, &changed, fault))
            return false;
    return true;
}

/* Another worker may have told the message meanwhile. */
static const char CLAIM[] =
    "UPDATE notification SET delivered_by = ?3, ended_ms = COALESCE((SELECT s.ended_ms FROM notification s"
    " WHERE s.id = ?3 AND s.outcome IN ('delivered', 'unclear')), 0) WHERE id IN (SELECT id" UNTOLD
    " AND (?7 OR outcome = 'folded' OR kind = 'problem') AND created_ms >= ?4"
    " AND created_ms <= CASE outcome WHEN 'held' THEN ?5 ELSE ?6 END AND release_ms <= ?6 LIMIT ?8)";
static const char LEAVE[] =
    "UPDATE notification SET outcome = 'held', reason = 'recovery' WHERE id IN (SELECT id" UNTOLD
    " AND outcome = 'folded' AND created_ms > ?6 LIMIT ?8)";

bool summary_claim(const struct digest_making *making, const struct digest_set *set, int64_t asked_ms, const char *id,
                   struct fault *fault)
{
    return change_all(making, CLAIM, set, id, asked_ms, fault) && change_all(making, LEAVE, set, id, asked_ms, fault);
}

/* --- nowhere to tell it --- */

static const char GIVE_UP[] =
    "UPDATE notification SET outcome = 'expired', code = 'NO-SECTION', words = ?3, ended_ms = ?6"
    " WHERE id IN (SELECT id" UNTOLD " LIMIT ?8)";

/* Once an hour the operator hears of a section that is gone or broken, for a day. */
static bool report_missing(const struct digest_making *making, const struct group *group, const char *why,
                           struct fault *fault)
{
    int64_t now_ms = world_wall_ms(making->world);
    struct digest_set set = {.section = group->section, .recipient_key = group->recipient_key};
    struct event nothing = event_empty();
    struct trouble_report report = {
        .section = group->section,
        .code = "BROKEN",
        .words = WORD_OPERATOR_BROKEN,
        .detail = arena_print(making->world->arena, "%s\n%s", why, subject_of(making, group)),
    };

    operator_tell(making->world, making->config, making->store, &nothing, &report);
    return now_ms - group->last_ms < LOST_MS || change_all(making, GIVE_UP, &set, why, now_ms, fault);
}

/* A channel that can change its announcement shows the storm there. */
static bool shows_storms(const struct digest_making *making, const struct group *group)
{
    struct fault unusable = {0};
    struct leg leg;

    return leg_of_record(making->world->arena, making->config, group->section, group->recipients, &leg, &unusable) &&
           (leg.section->channel->verbs & VERB_UPDATE);
}

/* A summary at once would be one more message: it waits until the minute that was full has gone by. */
static bool is_ripe(const struct digest_making *making, const struct group *group, int64_t between_ms, bool *ripe,
                    struct fault *fault)
{
    int64_t now_ms = world_wall_ms(making->world);
    int64_t last_ms = 0;

    if (!store_number(making->store, fault,
                      "SELECT MAX(created_ms) FROM notification WHERE section = ? AND recipient_key = ?"
                      " AND reason IN ('summary', 'storm') AND kind = 'note' AND created_ms > ? AND created_ms <= ?",
                      0, &last_ms, "ttii", group->section, group->recipient_key, now_ms - between_ms,
                      now_ms + CLOCKS_AGREE_MS))
        return false;
    *ripe = last_ms == 0 &&
            (now_ms - group->first_ms >= (group->exempt ? EXEMPT_MS : BETWEEN_MS) || group->first_ms > now_ms);
    return true;
}

static bool summarise(const struct digest_making *making, struct group *group, size_t *made, struct fault *fault)
{
    int64_t asked_ms = world_wall_ms(making->world);
    const char *id = digest_id(making);
    struct fault unusable = {0};
    struct digest_set set = set_of(group);
    struct event event;
    struct leg leg;
    bool placed = false;
    bool room;
    bool ripe;

    if (!storm_rages(making->store, group->recipient_key, &group->storm_ms, fault))
        return false;
    if (group->storm_ms > 0 && !group->exempt && shows_storms(making, group))
        return true;
    if (!is_ripe(making, group, group->storm_ms > 0 && !group->exempt ? IN_STORM_MS : BETWEEN_MS, &ripe, fault))
        return false;
    if (!ripe)
        return true;
    if (!leg_of_record(making->world->arena, making->config, group->section, group->recipients, &leg, &unusable))
        return report_missing(making, group, unusable.text, fault);
    if (!digest_has_room(making, &leg, group->worst, &room, fault))
        return false;
    if (!room)
        return true;
    if (!event_of(making, group, &event, fault) || !digest_place(making, &leg, &event, id, "summary", &placed, fault))
        return false;
    if (!placed)
        return true;
    (*made)++;
    return summary_claim(making, &set, asked_ms, id, fault);
}

bool summary_make(const struct digest_making *making, size_t *made, struct fault *fault)
{
    struct groups *groups = arena_alloc(making->world->arena, sizeof(*groups));

    if (!store_read(making->store, making->world->arena, fault,
                    "SELECT section, recipient_key, MAX(recipients), COUNT(*), MIN(created_ms), MAX(created_ms),"
                    " MAX(severity), MAX(reason IN ('waited', 'late')), MAX(reason = 'exempt'), MIN(kind = 'recovery')"
                    " FROM notification WHERE outcome = 'held' AND delivered_by = ''"
                    " AND release_ms <= ? GROUP BY section, recipient_key ORDER BY MAX(severity) DESC",
                    keep_group, groups, "i", world_wall_ms(making->world)))
        return false;
    for (size_t i = 0; i < groups->count; i++)
        if (!summarise(making, &groups->items[i], made, fault))
            return false;
    return true;
}
