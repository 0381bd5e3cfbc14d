#include "common/routing.h"

#include <string.h>

#include "common/identity.h"

enum { ROWS_MOST = 1000 };

/*
 * A source without ids calls each problem of a service the same: what came before the last one began is another story. Whom
 * a step called in hears of the end by itself, and what we said later went to those who had been told: see escalation.h.
 */
static const char OF_THIS_TIME[] =
    "SELECT route, MIN(created_ms) AS first_ms FROM notification WHERE problem = ? AND created_ms >"
    " COALESCE((SELECT MAX(r.created_ms) FROM notification r WHERE r.problem = ? AND r.kind = 'recovery'"
    " AND r.created_ms < (SELECT MAX(p.created_ms) FROM notification p WHERE p.problem = ? AND p.kind = 'problem')), 0)"
    " AND ((kind = 'problem' AND reason <> 'escalation') OR NOT EXISTS (SELECT 1 FROM notification q"
    " WHERE q.problem = ? AND q.kind = 'problem')) GROUP BY route, recipients"
    " ORDER BY first_ms";

struct recalling {
    struct routing_past past;
    const char **titles;
    size_t rows;
};

static void keep_route(struct recalling *recalling, const char *title)
{
    struct text_list *routes = &recalling->past.routes;

    for (size_t i = 0; i < routes->count; i++)
        if (strcmp(routes->items[i], title) == 0)
            return;
    recalling->titles[routes->count++] = title;
}

static bool keep_row(void *self, struct row *row)
{
    struct recalling *recalling = self;
    struct routing_past *past = &recalling->past;
    int64_t told_s = row_number(row, 1) / 1000;

    if (past->told_count == 0 || past->told_s[past->told_count - 1] != told_s)
        past->told_s[past->told_count++] = told_s;
    if (row_text(row, 0)[0])
        keep_route(recalling, row_text(row, 0));
    return ++recalling->rows < ROWS_MOST;
}

bool routing_recall(struct store *store, struct arena *arena, const struct event *event, struct routing_past *past,
                    struct fault *fault)
{
    const char *problem = identity_problem(arena, event);
    struct recalling recalling = {.titles = arena_alloc(arena, ROWS_MOST * sizeof(*recalling.titles))};

    recalling.past.told_s = arena_alloc(arena, ROWS_MOST * sizeof(*recalling.past.told_s));
    recalling.past.routes.items = recalling.titles;
    if (!store_read(store, arena, fault, OF_THIS_TIME, keep_row, &recalling, "tttt", problem, problem, problem,
                    problem))
        return false;
    *past = recalling.past;
    return true;
}
