/*
 * digest - many notifications in words: the hosts and services named most, what is still open, what came and went.
 *
 * What summaries and the announcements of storms have in common.
 */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include "common/asking.h"

struct digest_making {
    const struct world *world;
    struct config *config;
    struct store *store;
};

/* Which notifications. */
struct digest_set {
    bool held;           /* those that wait for a summary; else all problems since `since_ms`, told or not */
    const char *section; /* held */
    const char *recipient_key;
    int64_t since_ms;
    int64_t until_ms;
    bool each_host; /* names every host, and not only those named most */
};

/* Lines of text; *open (may be NULL) is how many problems are still there. */
bool digest_write(const struct digest_making *making, const struct digest_set *set, const char **text, int64_t *open,
                  struct fault *fault);

/* Problems in a set, each counted once. */
bool digest_count(const struct digest_making *making, const struct digest_set *set, int64_t *problems,
                  struct fault *fault);

/* "Storm: 48 problems in 2 min", for those since `began_ms`; *problems (may be NULL) is how many. */
bool digest_storm(const struct digest_making *making, const char *recipient_key, int64_t began_ms, const char **line,
                  int64_t *problems, struct fault *fault);

/* What all messages of our own have in common. */
struct event digest_event(const struct digest_making *making, enum severity severity, const char *event_id,
                          const char *subject, const char *text);

/* "8", "10:02" (with the day when that is another), for words with places to fill. */
const char *digest_number(const struct digest_making *making, int64_t number);
const char *digest_clock(const struct digest_making *making, int64_t at_ms);

/* Would it be placed now? Asked before its words are sought: 100,000 rows are not read for nothing. */
bool digest_has_room(const struct digest_making *making, const struct leg *leg, enum severity severity, bool *room,
                     struct fault *fault);

/*
 * Puts a message of our own into the outbox, if the provider has a place: limits that held its parts back do not hold it. `reason`
 * is "summary" or "storm". *placed says whether.
 */
bool digest_place(const struct digest_making *making, const struct leg *leg, const struct event *event, const char *id,
                  const char *reason, bool *placed, struct fault *fault);

/* A new id, for such a message. */
const char *digest_id(const struct digest_making *making);

#endif
