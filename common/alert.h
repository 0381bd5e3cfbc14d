/*
 * alert - the problems that are open, and who has taken them.
 *
 * A problem (identity_problem) is one alert, however many people were told of it through however many channels. It is opened and
 * ended by the events of its source, inside the transaction that admits their notifications; people take it, solve it or give
 * it back through alert_reply(). Where somebody is asked to take it, steps wait that escalate it if nobody does.
 */
#ifndef COMMON_ALERT_H
#define COMMON_ALERT_H

#include "common/event.h"
#include "common/store.h"

enum alert_state {
    ALERT_OPEN,   /* nobody is asked to take it */
    ALERT_ASKED,  /* waits for somebody */
    ALERT_TAKEN,  /* somebody is on it */
    ALERT_SOLVED, /* somebody says that it is done; the source has not seen it yet */
};

struct alert {
    const char *problem;
    const char *id;       /* 16 hex digits: alert_id() */
    const char *short_id; /* "#K7F3Q" */
    int64_t opened_ms;
    int64_t over_ms; /* 0 while the problem is there */
    enum severity severity;
    const char *source;
    const char *host;
    const char *service;
    const char *subject;
    const char *event; /* JSON of the newest event that told the problem */
    enum alert_state state;
    int64_t asked_ms; /* when somebody was first asked, 0 for never */
    int64_t due_ms;   /* until when somebody should have taken it, 0 when nobody is asked */
    int64_t taken_ms;
    const char *taken_by;
    const char *taken_via;
    int64_t solved_ms;
    const char *solved_by;
    const char *words; /* the newest comment of a person */
};

const char *alert_state_name(enum alert_state state);

/* The 64 bits that stand for a problem in links, as 16 hex digits: from its identity, so that no record is needed to make one. */
const char *alert_id(struct arena *arena, const char *problem);

/* What a notification of an event means for its alert. */
struct alert_news {
    const struct event *event;
    const char *problem;
    const char *short_id;
    int64_t now_ms;
    int64_t within_ms;      /* a person is asked, and should have taken it by then; 0: nobody is asked */
    const char *route;      /* whose steps these are, "" for none */
    const int64_t *after_s; /* of each step, from now, in the order of time */
    size_t step_count;
};

/*
 * Inside a transaction. A problem opens its alert, or brings it up to date; one that was over is opened anew, but for what tells
 * late, with the same time of the event, the problem that is over; and so is one without an id of its source, of which the source
 * said nothing for a day. A recovery or the
 * source's last word ends it, an acknowledgement takes it, and an update that says "unacknowledged" gives it back (only Zabbix
 * tells that: Nagios and Icinga send no notification of it). Other kinds change nothing.
 */
bool alert_note(struct store *store, struct arena *arena, const struct alert_news *news, struct fault *fault);

enum alert_verb { ALERT_TAKE, ALERT_SOLVE, ALERT_RELEASE };
const char *alert_verb_name(enum alert_verb verb); /* "take", "solve", "release" */
enum alert_verb alert_verb_from(const char *name); /* of a record */

struct alert_reply {
    const char *id; /* of the alert */
    enum alert_verb verb;
    const char *author; /* clean, one line, not empty */
    const char *via;    /* "page", "board", "notifyctl", or the source that reports it: "zabbix" ... */
    const char *words;  /* clean; "" for none */
    int64_t now_ms;
};

enum alert_answer {
    ALERT_DONE,    /* recorded */
    ALERT_ALREADY, /* it is so already: `alert` says by whom and since when */
    ALERT_OVER,    /* the problem is over: nothing to take, nothing recorded */
    ALERT_UNKNOWN, /* there is no record of it here */
};

/*
 * Records what a person says, once: in a transaction of its own that survives a power cut when this returns. Stops the
 * steps, or sets them going again when it is given back, and leaves word for the monitoring system, unless it comes from there.
 * `alert` is as it is afterwards.
 */
bool alert_reply(struct store *store, struct arena *arena, const struct alert_reply *reply, struct alert *alert,
                 enum alert_answer *answer, struct fault *fault);

/* For queries that begin with "SELECT " ALERT_COLUMNS " FROM alert a"; more columns come after ALERT_COLUMN_COUNT. */
#define ALERT_COLUMNS                                                                                          \
    "a.problem, a.id, a.short_id, a.opened_ms, a.over_ms, a.severity, a.source, a.host, a.service, a.subject," \
    " a.event, a.state, a.asked_ms, a.due_ms, a.taken_ms, a.taken_by, a.taken_via, a.solved_ms, a.solved_by, a.words"
enum { ALERT_COLUMN_COUNT = 20 };
struct alert alert_of_row(struct row *row);

/* *found is false when there is none. */
bool alert_find(struct store *store, struct arena *arena, const char *id, struct alert *alert, bool *found,
                struct fault *fault);

/* Those of a problem or a name; without either, those whose problem is there. */
struct alert_filter {
    const char *problem;  /* "" for none */
    const char *short_id; /* "#K7F3Q", "" for none; those that were over for 30 days are left out */
    bool untaken;         /* only those that somebody is asked to take and nobody has */
    int64_t before_ms;    /* opened before this time; 0 for any */
    int64_t now_ms;
    int64_t most; /* 0 for all */
};

/* Gravest first, then oldest. What `each` is given lives in the arena. */
bool alert_list(struct store *store, struct arena *arena, const struct alert_filter *filter,
                bool (*each)(void *self, const struct alert *alert), void *self, struct fault *fault);

/* One thing that a person said. */
struct alert_said {
    int64_t at_ms;
    enum alert_verb verb;
    const char *author;
    const char *via;
    const char *words;
};

/* Oldest first. */
bool alert_said(struct store *store, struct arena *arena, const char *problem,
                bool (*each)(void *self, const struct alert_said *said), void *self, struct fault *fault);

/* Problems of a time that a clock ran ahead of begin now, and what was to follow them comes so much earlier. */
bool alert_take_back(struct store *store, int64_t now_ms, struct fault *fault);

#endif
