#include "common/budget.h"

#include <string.h>

#include "common/circuit.h"
#include "common/clock.h"

enum {
    MINUTE_MS = 60000,
    HOUR_MS = 3600000,
    DAY_MS = 86400000,
};

struct window {
    const char *name;
    int64_t length_ms;
    int64_t allowed;
};

struct filling {
    int64_t newest_ms;
    int64_t count;
    int64_t worst;    /* severity of the gravest message in the window */
    int64_t first_ms; /* the oldest: its place is the next to become free */
};

static bool count_booking(void *self, struct row *row)
{
    struct filling *filling = self;

    if (filling->count++ == 0)
        filling->newest_ms = row_number(row, 0);
    filling->worst = row_number(row, 1) > filling->worst ? row_number(row, 1) : filling->worst;
    filling->first_ms = row_number(row, 0);
    return true;
}

/* Newest first, at most as many as the window takes. */
static bool fill_window(struct store *store, const struct budget *budget, const struct window *window,
                        struct filling *filling, struct fault *fault)
{
    *filling = (struct filling){.worst = -1};
    return store_read(store, NULL, fault,
                      "SELECT at_ms, severity FROM booking WHERE key = ? AND at_ms > ? ORDER BY at_ms DESC LIMIT ?",
                      count_booking, filling, "tii", budget->key, budget->now_ms - window->length_ms, window->allowed);
}

/* Times ahead of now come from a clock that was set back: they count from now on. */
static bool clamp_future(struct store *store, const struct budget *budget, struct fault *fault)
{
    return store_run(store, fault, "UPDATE booking SET at_ms = ? WHERE key = ? AND at_ms > ?", "iti", budget->now_ms,
                     budget->key, budget->now_ms + CLOCKS_AGREE_MS);
}

static bool ask_window(struct store *store, const struct budget *budget, const struct window *window,
                       struct vacancy *vacancy, struct fault *fault)
{
    struct filling filling;
    int64_t first_ms;

    if (window->allowed <= 0)
        return true;
    if (!fill_window(store, budget, window, &filling, fault) ||
        (filling.newest_ms > budget->now_ms + CLOCKS_AGREE_MS && !clamp_future(store, budget, fault)))
        return false;
    if (filling.count < window->allowed || (!budget->strict && (int64_t)budget->severity > filling.worst))
        return true;
    first_ms = filling.first_ms < budget->now_ms ? filling.first_ms : budget->now_ms;
    *vacancy = (struct vacancy){
        .taken = true, .window = window->name, .allowed = window->allowed, .due_ms = first_ms + window->length_ms + 1};
    return true;
}

bool budget_ask(struct store *store, const struct budget *budget, struct vacancy *vacancy, struct fault *fault)
{
    const struct limits *limits = &budget->limits;
    int64_t kept = budget->severity < SEVERITY_CRITICAL ? limits->kept_for_critical : 0;
    struct window windows[] = {
        {"minute", MINUTE_MS, limits->per_minute > kept ? limits->per_minute - kept : limits->per_minute},
        {"hour",   HOUR_MS,   limits->per_hour                                                          },
        {"day",    DAY_MS,    limits->per_day                                                           },
    };

    *vacancy = (struct vacancy){.window = ""};
    for (size_t i = 0; i < sizeof(windows) / sizeof(*windows) && !vacancy->taken; i++)
        if (!ask_window(store, budget, &windows[i], vacancy, fault))
            return false;
    return true;
}

bool budget_book(struct store *store, const char *key, enum severity severity, int64_t now_ms, struct fault *fault)
{
    return store_run(store, fault, "INSERT INTO booking (key, at_ms, severity) VALUES (?, ?, ?)", "tii", key, now_ms,
                     (int64_t)severity);
}

static int64_t less_of(int64_t takes, int64_t allowed, int64_t windows)
{
    return allowed > 0 && allowed * windows < takes ? allowed * windows : takes;
}

int64_t budget_takes(const struct limits *limits, int64_t within_ms)
{
    int64_t takes = less_of(INT64_MAX, limits->per_minute, within_ms / MINUTE_MS);

    takes = less_of(takes, limits->per_hour, 1 + within_ms / HOUR_MS);
    return less_of(takes, limits->per_day, 1 + within_ms / DAY_MS);
}

/* --- robots of one group --- */

struct choice {
    struct store *store;
    const struct budget *budget;
    const struct endpoint *found; /* NULL until one is */
    struct vacancy vacancy;       /* of `found` */
    bool only;                    /* there is no other: its circuit is not asked */
    struct fault *fault;
};

static bool settled(const struct choice *choice)
{
    return choice->found && !choice->vacancy.taken;
}

static bool try_endpoint(struct choice *choice, const struct endpoint *endpoint)
{
    struct budget budget = *choice->budget;
    struct vacancy vacancy;
    int64_t due_ms = budget.now_ms;

    budget.key = endpoint->key;
    if (settled(choice))
        return true;
    if (!choice->only && !circuit_due(choice->store, endpoint->key, budget.now_ms, &due_ms, choice->fault))
        return false;
    if (due_ms > budget.now_ms)
        return true;
    if (!budget_ask(choice->store, &budget, &vacancy, choice->fault))
        return false;
    if (!choice->found || !vacancy.taken || vacancy.due_ms < choice->vacancy.due_ms) {
        choice->found = endpoint;
        choice->vacancy = vacancy;
    }
    return true;
}

static bool try_all(struct choice *choice, const struct endpoints *endpoints, const char *first)
{
    for (size_t i = 0; first && i < endpoints->count; i++)
        if (strcmp(endpoints->items[i].via, first) == 0 && !try_endpoint(choice, &endpoints->items[i]))
            return false;
    for (size_t i = 0; i < endpoints->count; i++)
        if (!try_endpoint(choice, &endpoints->items[i]))
            return false;
    return true;
}

bool budget_choose(struct store *store, const struct endpoints *endpoints, const char *first,
                   const struct budget *budget, const struct endpoint **found, struct vacancy *vacancy,
                   struct fault *fault)
{
    struct choice choice = {
        .store = store, .budget = budget, .only = endpoints->count == 1, .vacancy = {.window = ""}, .fault = fault};

    if (!try_all(&choice, endpoints, first))
        return false;
    if (!choice.found && endpoints->count > 0) { /* every circuit is open: the first is as good as any */
        choice.only = true;
        if (!try_endpoint(&choice, &endpoints->items[0]))
            return false;
    }
    *found = choice.found;
    *vacancy = choice.vacancy;
    return true;
}
