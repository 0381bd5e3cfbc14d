#include "common/mute_telling.h"

#include "common/civil.h"
#include "common/mute.h"
#include "common/operator.h"

enum { MUTES_MOST = 100 }; /* in one pass */

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
    return arena_print(arena, "%s%s%s%s%s%s%s", mute->host, mute->host[0] && mute->service[0] ? " / " : "",
                       mute->service, mute->tag[0] ? " " : "", mute->tag, mute->section[0] ? " " : "", mute->section);
}

static void tell_operator(const struct world *world, const struct config *config, struct store *store,
                          const struct mute *mute, enum word words, const char *detail)
{
    struct event nothing = event_empty();
    struct trouble_report report = {.section = "",
                                    .code = arena_print(world->arena, "%d-%s", (int)words, mute->id),
                                    .words = words,
                                    .detail = detail,
                                    .good_news = true};

    operator_tell(world, config, store, &nothing, &report);
}

static bool set_row(struct store *store, const char *sql, const char *id, struct fault *fault)
{
    return store_change(store, fault, sql, "t", id);
}

/* --- the beginning --- */

static bool announce(const struct world *world, const struct config *config, struct store *store,
                     const struct mute *mute, struct fault *fault)
{
    const char *values[] = {what_of(world->arena, mute),
                            civil_text(world->arena, mute->until_ms / 1000, config->timezone), mute->author,
                            mute->words};

    tell_operator(world, config, store, mute, WORD_MUTE_BEGUN,
                  word_print(world->arena, config->language, WORD_MUTE_UNTIL, values, 4));
    return set_row(store, "UPDATE mute SET announced = 1 WHERE id = ?", mute->id, fault);
}

/* --- the end --- */

/* What it kept back is held from now on, as by a limit: the next summary tells it. The end of a problem goes with it. */
static const char RELEASE[] =
    "UPDATE notification SET outcome = CASE kind WHEN 'recovery' THEN 'folded' ELSE 'held' END, delivered_by = '',"
    " ended_ms = 0 WHERE created_ms >= ? AND outcome = 'muted' AND code = ? AND kind IN ('problem', 'recovery')";

static bool release(struct store *store, const struct mute *mute, int64_t *count, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    if (!store_run(store, fault, RELEASE, "it", mute->from_ms, mute->id)) {
        store_rollback(store);
        return false;
    }
    *count = store_changed(store);
    if (!store_run(store, fault, "UPDATE mute SET ended = 1 WHERE id = ?", "t", mute->id)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault) && store_promise(store, fault);
}

static bool end(const struct world *world, const struct config *config, struct store *store, const struct mute *mute,
                struct fault *fault)
{
    const char *values[] = {what_of(world->arena, mute), "", mute->author};
    int64_t count = 0;

    if (!release(store, mute, &count, fault))
        return false;
    values[1] = arena_print(world->arena, "%lld", (long long)count);
    tell_operator(world, config, store, mute, WORD_MUTE_ENDED,
                  word_print(world->arena, config->language, WORD_MUTE_KEPT, values, 3));
    return true;
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
           each_of(world, config, store, "SELECT " MUTE_COLUMNS " FROM mute WHERE ended = 0 AND until_ms <= ?", end,
                   fault);
}
