#include "common/echo.h"

#include <ctype.h>
#include <string.h>

enum { COMES_BACK_MS = 900000 }; /* Zabbix takes up to 10 s, and retries a channel that fails for minutes */

const char *echo_mark(struct arena *arena, const char *short_id)
{
    return arena_print(arena, "[%s notification-plugins]", short_id);
}

static bool ends_in(const char *text, size_t len, const char *end)
{
    return len >= strlen(end) && strncmp(text + len - strlen(end), end, strlen(end)) == 0;
}

bool echo_is_marked(struct arena *arena, const char *text, const char *short_id)
{
    size_t len = strlen(text);

    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    return ends_in(text, len, short_id[0] ? echo_mark(arena, short_id) : " notification-plugins]");
}

/*
 * The verbs that such an event can be the echo of, "" for none. Zabbix says what an update did in closed words; whoever also
 * closes a problem or changes its severity does what we never do. Icinga says nothing.
 */
static const char *verbs_of(const struct event *event)
{
    static const struct {
        const char *action;
        enum event_kind kind;
        const char *verbs;
    } ECHOES[] = {
        {"acknowledged and commented",   EVENT_ACKNOWLEDGEMENT, "take solve"        },
        {"",                             EVENT_ACKNOWLEDGEMENT, "take solve"        },
        {"commented",                    EVENT_UPDATE,          "take solve release"},
        {"unacknowledged and commented", EVENT_UPDATE,          "release"           },
    };

    for (size_t i = 0; i < sizeof(ECHOES) / sizeof(*ECHOES); i++)
        if (event->kind == ECHOES[i].kind && strcmp(event->action, ECHOES[i].action) == 0)
            return ECHOES[i].verbs;
    return "";
}

bool echo_is_ours(struct store *store, struct arena *arena, const struct event *event, const char *problem,
                  const char *short_id, int64_t now_ms, bool *ours, struct fault *fault)
{
    const char *verbs = verbs_of(event);
    int64_t count = 0;

    *ours = false;
    if (!verbs[0] || !echo_is_marked(arena, event->comment, short_id))
        return true;
    if (!store_number(store, fault,
                      "SELECT COUNT(*) FROM writeback WHERE problem = ? AND attempts > 0 AND instr(?, verb) > 0"
                      " AND (state = 'waiting' OR (state = 'done' AND due_ms > ?))",
                      0, &count, "tti", problem, verbs, now_ms - COMES_BACK_MS))
        return false;
    *ours = count > 0;
    return true;
}
