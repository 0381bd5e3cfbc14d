#include "common/routing.h"

#include "common/identity.h"

enum { ROUTES_MOST = 1000 };

/* A source without ids calls each problem of a service the same: what came before the last one began is another story. */
static const char OF_THIS_TIME[] =
    "SELECT route, MIN(created_ms) FROM notification WHERE problem = ? AND created_ms >"
    " COALESCE((SELECT MAX(r.created_ms) FROM notification r WHERE r.problem = ? AND r.kind = 'recovery'"
    " AND r.created_ms < (SELECT MAX(p.created_ms) FROM notification p WHERE p.problem = ? AND p.kind = 'problem')), 0)"
    " AND (kind <> 'recovery' OR NOT EXISTS (SELECT 1 FROM notification q WHERE q.problem = ?"
    " AND q.kind = 'problem')) GROUP BY route";

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
    const char *problem = identity_problem(arena, event);
    struct routing_past found = {0};
    struct recalling recalling = {
        .arena = arena, .past = &found, .titles = arena_alloc(arena, ROUTES_MOST * sizeof(*recalling.titles))};

    if (!store_read(store, arena, fault, OF_THIS_TIME, keep_row, &recalling, "tttt", problem, problem, problem,
                    problem))
        return false;
    found.routes = (struct text_list){.items = recalling.titles, .count = recalling.count};
    *past = found;
    return true;
}
