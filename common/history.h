/* history - every notification that was asked for, with its reason, and every attempt: read for people. */
#ifndef COMMON_HISTORY_H
#define COMMON_HISTORY_H

#include "common/event.h"
#include "common/store.h"

/* "" and 0 do not filter. Texts with * ? [ are globs. */
struct history_filter {
    int64_t since_ms;
    const char *id; /* or short id, with or without # */
    const char *host;
    const char *service;
    const char *section;
    const char *recipient; /* part of it */
    const char *outcome;
    const char *problem;
    int severity; /* at least; -1 for any */
    int64_t most;
};

struct history_entry {
    const char *id;
    const char *short_id;
    int64_t created_ms;
    const char *problem;
    const char *kind;
    enum severity severity;
    const char *source;
    const char *host;
    const char *service;
    const char *state;
    const char *subject;
    const char *section; /* asked for */
    const char *channel;
    const char *recipients;
    const char *reason;
    const char *route; /* that took it, "" for none */
    const char *outcome;
    int64_t ended_ms;
    const char *delivered_by; /* section that took it */
    const char *reference;
    const char *code;
    const char *words;
    const char *body;
};

struct history_attempt {
    int64_t number;
    int64_t at_ms;
    int64_t took_ms;
    const char *section;
    const char *recipient;
    const char *outcome;
    const char *code;
    const char *words;
};

/* What became of a message after its provider took it; see receipt.h. */
struct history_receipt {
    const char *section;
    const char *recipient;
    const char *
        state; /* "waiting", "arrived", "failed", "next" (failed, and the next channel was used), "silent", "unasked" */
    int64_t at_ms; /* of the end; of the next question while it waits */
    const char *code;
    const char *words;
};

/* Newest first. `each` returns false to stop; what it is given is gone when it returns. */
bool history_read(struct store *store, const struct history_filter *filter,
                  bool (*each)(void *self, const struct history_entry *entry), void *self, struct fault *fault);

/* The notifications of one problem, newest first, `most` at most. What `each` is given lives in the arena. */
bool history_of_problem(struct store *store, struct arena *arena, const char *problem, int64_t since_ms, int64_t most,
                        bool (*each)(void *self, const struct history_entry *entry), void *self, struct fault *fault);

bool history_attempts(struct store *store, const char *id,
                      bool (*each)(void *self, const struct history_attempt *attempt), void *self, struct fault *fault);

bool history_receipts(struct store *store, const char *id,
                      bool (*each)(void *self, const struct history_receipt *receipt), void *self, struct fault *fault);

#endif
