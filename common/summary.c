#include "common/summary.h"

#include <string.h>

#include "common/storm.h"

enum {
    GROUPS_MOST = 200,    /* in one pass */
    BATCH = 5000,         /* rows in one transaction */
    EXEMPT_MS = 10000,    /* what is too grave for limits waits no longer for others to be told with it */
    BETWEEN_MS = 60000,   /* two summaries to the same people are at least this far apart */
    IN_STORM_MS = 300000, /* so far in a storm */
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

static bool event_of(const struct digest_making *making, const struct group *group, struct event *event,
                     struct fault *fault)
{
    struct digest_set set = {.held = true,
                             .section = group->section,
                             .recipient_key = group->recipient_key,
                             .until_ms = group->last_ms,
                             .each_host = group->exempt};
    const char *storm = "";
    const char *text;

    if (!digest_write(making, &set, &text, NULL, fault) ||
        (group->storm_ms > 0 && !digest_storm(making, group->recipient_key, group->storm_ms, &storm, NULL, fault)))
        return false;
    if (storm[0])
        text = arena_print(making->world->arena, "%s\n%s", storm, text);
    *event =
        digest_event(making, group->worst, arena_print(making->world->arena, "summary-%lld", (long long)group->last_ms),
                     subject_of(making, group), text);
    event->time_s = group->last_ms / 1000;
    return true;
}

/* --- one group --- */

/* A part of them in a transaction: others write in between. */
static bool claim_some(const struct digest_making *making, const char *sql, int64_t *claimed, const char *id,
                       const char *section, const char *recipient_key, int64_t until_ms, int64_t asked_ms,
                       struct fault *fault)
{
    if (!store_begin(making->store, fault))
        return false;
    if (!store_run(making->store, fault, sql, "tttiii", id, section, recipient_key, until_ms, asked_ms,
                   (int64_t)BATCH)) {
        store_rollback(making->store);
        return false;
    }
    *claimed = store_changed(making->store);
    return store_commit(making->store, fault);
}

static const char CLAIM[] =
    "UPDATE notification SET delivered_by = ?1 WHERE id IN (SELECT id FROM notification INDEXED BY notification_held"
    " WHERE section = ?2 AND recipient_key = ?3 AND delivered_by = '' AND (outcome = 'held' OR outcome = 'folded')"
    " AND created_ms <= CASE outcome WHEN 'held' THEN ?4 ELSE ?5 END AND release_ms <= ?5 LIMIT ?6)";
static const char LEAVE[] = "UPDATE notification SET outcome = 'held', reason = 'recovery' WHERE ?1 = ?1"
                            " AND section = ?2 AND recipient_key = ?3 AND delivered_by = '' AND outcome = 'folded'"
                            " AND ?4 = ?4 AND ?5 = ?5 AND ?6 = ?6";

bool summary_claim(const struct digest_making *making, const char *section, const char *recipient_key, int64_t until_ms,
                   int64_t asked_ms, const char *id, struct fault *fault)
{
    int64_t claimed = 1;

    while (claimed > 0)
        if (!claim_some(making, CLAIM, &claimed, id, section, recipient_key, until_ms, asked_ms, fault))
            return false;
    return claim_some(making, LEAVE, &claimed, id, section, recipient_key, until_ms, asked_ms, fault);
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
                      " AND reason IN ('summary', 'storm') AND kind = 'note' AND created_ms > ?",
                      0, &last_ms, "tti", group->section, group->recipient_key, now_ms - between_ms))
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
    if (!ripe ||
        !leg_of_record(making->world->arena, making->config, group->section, group->recipients, &leg, &unusable))
        return true;
    if (!digest_has_room(making, &leg, group->worst, &room, fault))
        return false;
    if (!room)
        return true;
    if (!event_of(making, group, &event, fault) || !digest_place(making, &leg, &event, id, "summary", &placed, fault))
        return false;
    if (!placed)
        return true;
    (*made)++;
    return summary_claim(making, group->section, group->recipient_key, group->last_ms, asked_ms, id, fault);
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
