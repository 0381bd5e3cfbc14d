#include "common/routing.h"

#include "common/identity.h"

enum { ROUTES_MOST = 1000 };

struct recalling {
    struct arena *arena;
    struct routing_past *past;
    const char **titles;
    size_t count;
};

static bool keep_row(void *self, struct row *row)
{
    struct recalling *recalling = self;
    int64_t created_s = row_number(row, 1) / 1000;

    if (!recalling->past->known || created_s < recalling->past->since_s)
        recalling->past->since_s = created_s;
    recalling->past->known = true;
    if (row_text(row, 0)[0])
        recalling->titles[recalling->count++] = row_text(row, 0);
    return recalling->count < ROUTES_MOST;
}

bool routing_recall(struct store *store, struct arena *arena, const struct event *event, struct routing_past *past,
                    struct fault *fault)
{
    struct routing_past found = {0};
    struct recalling recalling = {
        .arena = arena, .past = &found, .titles = arena_alloc(arena, ROUTES_MOST * sizeof(*recalling.titles))};

    if (!store_read(store, arena, fault,
                    "SELECT route, MIN(created_ms) FROM notification WHERE problem = ? GROUP BY route", keep_row,
                    &recalling, "t", identity_problem(arena, event)))
        return false;
    found.routes = (struct text_list){.items = recalling.titles, .count = recalling.count};
    *past = found;
    return true;
}
