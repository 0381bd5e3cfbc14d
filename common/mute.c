#include "common/mute.h"

static bool in_transaction(struct store *store, bool done, struct fault *fault)
{
    if (done)
        return store_commit(store, fault) && store_promise(store, fault);
    store_rollback(store);
    return false;
}

bool mute_add(struct store *store, const struct mute *mute, struct fault *fault)
{
    if (!store_begin(store, fault))
        return false;
    return in_transaction(
        store,
        store_run(store, fault,
                  "INSERT INTO mute (id, host, service, tag, section, from_ms, until_ms, author, words)"
                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "tttttiitt", mute->id, mute->host, mute->service, mute->tag, mute->section, mute->from_ms,
                  mute->until_ms, mute->author, mute->words),
        fault);
}

struct listing {
    bool (*each)(void *self, const struct mute *mute);
    void *self;
};

struct mute mute_of_row(struct row *row)
{
    return (struct mute){
        .id = row_text(row, 0),
        .host = row_text(row, 1),
        .service = row_text(row, 2),
        .tag = row_text(row, 3),
        .section = row_text(row, 4),
        .from_ms = row_number(row, 5),
        .until_ms = row_number(row, 6),
        .author = row_text(row, 7),
        .words = row_text(row, 8),
    };
}

static bool read_mute(void *self, struct row *row)
{
    struct listing *listing = self;
    struct mute mute = mute_of_row(row);

    return listing->each(listing->self, &mute);
}

bool mute_list(struct store *store, struct arena *arena, int64_t now_ms,
               bool (*each)(void *self, const struct mute *mute), void *self, struct fault *fault)
{
    struct listing listing = {.each = each, .self = self};

    return store_read(store, arena, fault,
                      "SELECT " MUTE_COLUMNS " FROM mute"
                      " WHERE ended = 0 AND until_ms > ? ORDER BY until_ms",
                      read_mute, &listing, "i", now_ms);
}

bool mute_end(struct store *store, const char *id, int64_t now_ms, int64_t *count, struct fault *fault)
{
    bool done;

    if (!store_begin(store, fault))
        return false;
    done =
        store_run(store, fault,
                  "UPDATE mute SET until_ms = MIN(until_ms, ?) WHERE ended = 0 AND until_ms > ? AND (? = '' OR id = ?)",
                  "iitt", now_ms, now_ms, id, id);
    *count = store_changed(store);
    return in_transaction(store, done, fault);
}
