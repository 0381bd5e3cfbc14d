/*
 * Nagios' and Naemon's external commands: one line each, fields between semicolons. A line break in a field would begin a
 * command of its own, a semicolon another field: names that hold one are refused, in people's words they are replaced.
 */
#include "common/writeback_systems.h"

#include <string.h>

#include "common/fifo.h"
#include "common/utf8.h"

enum {
    AUTHOR_MOST = 60,    /* characters */
    COMMENT_MOST = 1500, /* bytes */
    NAME_MOST = 500,     /* bytes of a host's or service's name: two lines of all this are under FIFO_MOST */
    STICKY = 2,          /* stays until the problem is over */
    NOTIFY_NOT = 0,      /* it would come back to those who know */
    PERSISTENT = 1,      /* the comment stays over a restart */
};

_Static_assert(4 * NAME_MOST + 4 * AUTHOR_MOST + COMMENT_MOST + 200 <= (int)FIFO_MOST, "two lines fit into the pipe");

static bool check_name(const char *what, const char *name, struct fault *fault)
{
    for (const char *c = name; *c; c++)
        if (*c == ';' || (unsigned char)*c < ' ' || *c == 0x7F)
            return fault_set(fault, FAULT_INPUT, "the name of the %s holds a sign that cannot stand in a command",
                             what);
    return strlen(name) <= NAME_MOST ||
           fault_set(fault, FAULT_INPUT, "the name of the %s is longer than %d bytes", what, NAME_MOST);
}

/* One line without control characters; `instead` stands for each semicolon. */
static const char *tame(struct arena *arena, const char *text, char instead)
{
    char *tamed = arena_copy(arena, text, strlen(text));

    for (char *c = tamed; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
        else if (*c == ';')
            *c = instead;
    return tamed;
}

/* "HOST" or "HOST;SERVICE". */
static const char *target(struct arena *arena, const struct event *event)
{
    return event->service[0] ? arena_print(arena, "%s;%s", event->host, event->service) : event->host;
}

static const char *acknowledge(struct arena *arena, const struct event *event, int64_t now_s, const char *author,
                               const char *comment)
{
    return arena_print(arena, "[%lld] ACKNOWLEDGE_%s_PROBLEM;%s;%d;%d;%d;%s;%s\n", (long long)now_s,
                       event->service[0] ? "SVC" : "HOST", target(arena, event), STICKY, NOTIFY_NOT, PERSISTENT, author,
                       comment);
}

static const char *release(struct arena *arena, const struct event *event, int64_t now_s, const char *author,
                           const char *comment)
{
    const char *kind = event->service[0] ? "SVC" : "HOST";
    const char *what = target(arena, event);

    return arena_print(arena, "[%lld] REMOVE_%s_ACKNOWLEDGEMENT;%s\n[%lld] ADD_%s_COMMENT;%s;%d;%s;%s\n",
                       (long long)now_s, kind, what, (long long)now_s, kind, what, PERSISTENT, author, comment);
}

bool nagios_lines(struct arena *arena, const struct writeback_order *order, int64_t now_s, const char **lines,
                  struct fault *fault)
{
    const struct event *event = order->event;
    const char *author = tame(arena, utf8_shorten(arena, order->author, AUTHOR_MOST, UNIT_CHARACTERS), ',');
    const char *comment = tame(arena, writeback_text(arena, order, COMMENT_MOST, UNIT_BYTES), ',');

    if (!event->host[0])
        return fault_set(fault, FAULT_INPUT, "the event names no host");
    if (!check_name("host", event->host, fault) || !check_name("service", event->service, fault))
        return false;
    *lines = order->verb == ALERT_RELEASE ? release(arena, event, now_s, author, comment)
                                          : acknowledge(arena, event, now_s, author, comment);
    return true;
}
