#include "common/mute_telling.h"

#include "common/civil.h"
#include "common/identity.h"
#include "common/mute.h"
#include "common/notice.h"
#include "common/operator.h"

enum { MUTES_MOST = 100, GROUPS_MOST = 100 }; /* in one pass */

struct mutes {
    struct mute items[MUTES_MOST];
    size_t count;
};

static bool keep_mute(void *self, struct row *row)
{
    struct mutes *mutes = self;

    mutes->items[mutes->count++] = mute_of_row(row);
    return mutes->count < MUTES_MOST;
}

/* "db-* / disk", "team=dba", "ops-sms": what is given of it. */
static const char *what_of(struct arena *arena, const struct mute *mute)
{
    const char *place =
        arena_print(arena, "%s%s%s", mute->host, mute->host[0] && mute->service[0] ? " / " : "", mute->service);
    const char *tag = arena_print(arena, "%s%s%s", place, place[0] && mute->tag[0] ? " " : "", mute->tag);

    return arena_print(arena, "%s%s%s", tag, tag[0] && mute->section[0] ? " " : "", mute->section);
}

static struct trouble_report report_of(const struct world *world, const struct mute *mute, const char *code,
                                       enum word words, const char *detail)
{
    return (struct trouble_report){.section = "",
                                   .code = arena_print(world->arena, "%s-%s", code, mute->id),
                                   .words = words,
                                   .detail = detail,
                                   .good_news = true};
}

static void tell_operator(const struct world *world, const struct config *config, struct store *store,
                          const struct trouble_report *report)
{
    struct event nothing = event_empty();

    operator_tell(world, config, store, &nothing, report);
}

/* --- the beginning --- */

static struct trouble_report beginning_of(const struct world *world, const struct config *config,
                                          const struct mute *mute)
{
    const char *values[] = {what_of(world->arena, mute),
                            civil_text(world->arena, mute->until_ms / 1000, config->timezone), mute->author,
                            mute->words};

    return report_of(world, mute, "MUTED", WORD_MUTE_BEGUN,
                     word_print(world->arena, config->language, WORD_MUTE_UNTIL, values, 4));
}

static bool announce(const struct world *world, const struct config *config, struct store *store,
                     const struct mute *mute, struct fault *fault)
{
    struct trouble_report report = beginning_of(world, config, mute);

    tell_operator(world, config, store, &report);
    return store_change(store, fault, "UPDATE mute SET announced = 1 WHERE id = ?", "t", mute->id);
}

/* --- those from whom it keeps something --- */

struct group {
    const char *section;
    const char *recipients;
};

struct groups {
    const struct config *config;
    struct group items[GROUPS_MOST];
    size_t count;
};

static bool keep_group(void *self, struct row *row)
{
    struct groups *groups = self;
    struct fault gone = {0};
    const struct section *section = config_section(groups->config, NULL, row_text(row, 0), &gone);

    if (section && !section->channel->never_repeats)
        groups->items[groups->count++] = (struct group){.section = row_text(row, 0), .recipients = row_text(row, 1)};
    return groups->count < GROUPS_MOST;
}

/* The operator's channels have heard of it already. Nobody is told outside of the hours of a route that holds. */
static const char KEPT_FROM[] =
    "SELECT DISTINCT section, recipients FROM notification n WHERE code = ?1 AND outcome = 'muted' AND release_ms <= ?3"
    " AND NOT EXISTS (SELECT 1 FROM notification t WHERE t.problem = ?2 AND t.recipient_key = n.recipient_key)";

static bool tell_groups(const struct world *world, const struct config *config, struct store *store,
                        const struct mute *mute, struct fault *fault)
{
    struct trouble_report report = beginning_of(world, config, mute);
    struct event event = operator_event(world, config, &report);
    struct notice notice = {.event = &event, .again_after_ms = mute->until_ms - mute->from_ms};
    struct groups groups = {.config = config};
    struct fault gone = {0};
    struct leg leg;
    bool placed;

    if (!store_read(store, world->arena, fault, KEPT_FROM, keep_group, &groups, "tti", mute->id,
                    identity_problem(world->arena, &event), world_wall_ms(world)))
        return false;
    for (size_t i = 0; i < groups.count; i++)
        if (leg_of_record(world->arena, config, groups.items[i].section, groups.items[i].recipients, &leg, &gone) &&
            !notice_put(world, config, store, &leg, &notice, &placed, fault))
            return false;
    return true;
}

/* --- the end --- */

#define KEPT " FROM notification WHERE code = ? AND outcome = 'muted' AND kind IN ('problem', 'recovery')"

/* What it kept back is held from now on, as by a limit: the next summary tells it. The end of a problem goes with it. */
static const char RELEASE[] =
    "UPDATE notification SET outcome = CASE kind WHEN 'recovery' THEN 'folded' ELSE 'held' END, delivered_by = '',"
    " ended_ms = 0 WHERE rowid IN (SELECT rowid" KEPT ")";

static bool release(struct store *store, const struct mute *mute, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault, RELEASE, "t", mute->id) ||
        !store_run(store, fault, "UPDATE mute SET ended = 1 WHERE id = ?", "t", mute->id)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault) && store_promise(store, fault);
}

/* Told first: who is killed between the two tells it again, and the operator hears it once. */
static bool end(const struct world *world, const struct config *config, struct store *store, const struct mute *mute,
                struct fault *fault)
{
    const char *values[] = {what_of(world->arena, mute), "", mute->author};
    struct trouble_report report;
    int64_t count;

    if (!store_number(store, fault, "SELECT COUNT(*)" KEPT, 0, &count, "t", mute->id))
        return false;
    values[1] = arena_print(world->arena, "%lld", (long long)count);
    report = report_of(world, mute, "MUTE-ENDED", WORD_MUTE_ENDED,
                       word_print(world->arena, config->language, WORD_MUTE_KEPT, values, 3));
    tell_operator(world, config, store, &report);
    return release(store, mute, fault);
}

static bool each_of(const struct world *world, const struct config *config, struct store *store, const char *sql,
                    bool (*act)(const struct world *world, const struct config *config, struct store *store,
                                const struct mute *mute, struct fault *fault),
                    struct fault *fault)
{
    struct mutes *mutes = arena_alloc(world->arena, sizeof(*mutes));
    bool good = store_read(store, world->arena, fault, sql, keep_mute, mutes, "i", world_wall_ms(world));

    for (size_t i = 0; good && i < mutes->count; i++)
        good = act(world, config, store, &mutes->items[i], fault);
    return good;
}

bool mute_tell(const struct world *world, const struct config *config, struct store *store, struct fault *fault)
{
    return each_of(world, config, store,
                   "SELECT " MUTE_COLUMNS " FROM mute WHERE ended = 0 AND announced = 0 AND until_ms > ?", announce,
                   fault) &&
           each_of(world, config, store, "SELECT " MUTE_COLUMNS " FROM mute WHERE ended = 0 AND until_ms > ?",
                   tell_groups, fault) &&
           each_of(world, config, store, "SELECT " MUTE_COLUMNS " FROM mute WHERE ended = 0 AND until_ms <= ?", end,
                   fault);
}
