/*
 * outbox - what was accepted and is not told yet, and what became of it.
 *
 * A row goes pending -> claimed (leased until a time) -> on the wire -> done. The mark "on the wire" is committed just before
 * the transport is called: a lease that ran out before it is sent again, one that ran out after it is UNCLEAR.
 */
#ifndef COMMON_OUTBOX_H
#define COMMON_OUTBOX_H

#include "common/store.h"
#include "common/verdict.h"

struct outbox_row {
    const char *id; /* of the notification */
    const char *short_id;
    const char *problem;
    const char *recipient_key;
    const char *event; /* JSON */
    const char *legs;  /* JSON */
    const char *template_name;
    int64_t position; /* in legs: chain_place() */
    int64_t attempts; /* made on this leg so far */
    bool was_on_wire; /* its sender died while the provider may have acted */
    int64_t wire_ms;  /* was_on_wire: when the provider was called */
    bool booked;      /* a place of the provider's quota is taken for the first attempt */
    const char *via;  /* title of the pool's section that has the place, or was on the wire; "" for the leg's own */
    int64_t created_ms;
    int64_t expires_ms;
    const char *reason;
    const char *section; /* that was asked for first */
    int64_t severity;
    int64_t lease_ms; /* wall: until then it is ours */
};

/* Nobody keeps a row longer: a deadline is an hour at most. */
enum { OUTBOX_LEASE_MOST_MS = 3660000 };

/* One attempt, for the history. */
struct attempt_record {
    int64_t number;
    int64_t at_ms;
    int64_t took_ms;
    const char *section;
    const char *endpoint_key; /* whose circuit it counts for */
    const char *recipient;
    enum outcome outcome;
    const char *code;
    const char *words;
};

/* The provider is to be asked what became of one message. */
struct receipt_wish {
    const char *section; /* that sent it */
    const char *pool;    /* title of the section in whose pool that is, "" for none */
    const char *recipient;
    const char *reference; /* the provider's id, "" when it gave none */
    bool doubt;            /* no answer came: nobody knows whether it went out */
    int64_t sent_ms;
    const char *legs;  /* JSON: what follows if it did not arrive; "" for nothing */
    int64_t longer_ms; /* that is worth telling so much longer than the row; may be negative */
};

/* What a run ends with. */
struct outbox_result {
    const char *id;
    enum outbox_end {
        OUTBOX_DELIVERED,
        OUTBOX_UNCLEAR, /* told at most once; nobody knows */
        OUTBOX_WAITS,   /* stays in the outbox until due_ms */
        OUTBOX_REFUSED, /* no leg takes it */
        OUTBOX_EXPIRED,
        OUTBOX_DROPPED, /* by the operator */
    } end;
    const char *section;   /* that took it */
    const char *reference; /* the provider's id */
    const char *text;      /* what was really said */
    const char *code;
    const char *words;
    int64_t now_ms;
    int64_t due_ms;        /* WAITS */
    int64_t position;      /* WAITS: leg to begin with */
    const char *legs_left; /* WAITS: JSON, when fewer people are left than before, or it is a repeat; else "" */
    const struct attempt_record *attempts;
    size_t attempt_count;
    const struct receipt_wish *receipts;
    size_t receipt_count;
};

/* The first question comes half a minute after the message. */
enum { RECEIPT_FIRST_MS = 30000 };

/* The provider of the leg at `position` is called next, through the section `via`: the one that a doubt is about. */
bool outbox_on_wire(struct store *store, const char *id, int64_t position, const char *via, int64_t now_ms,
                    struct fault *fault);

/*
 * Records attempts, end and the receipts to ask for in one transaction, promised when it WAITS or a receipt is to clear a doubt.
 * Keeps the circuit of each section. What a summary tells is told when the summary has arrived, and is free for the next one when
 * it expired. Of a row that is not there any more only a delivery is written down.
 */
bool outbox_finish(struct store *store, const struct outbox_result *result, struct fault *fault);

/*
 * After a clock that was set back: what was made or tried at a time that has not come yet would wait for an hour that nobody
 * meant. It is due now, and lives as long as it would have.
 */
bool outbox_take_back(struct store *store, int64_t now_ms, struct fault *fault);

/*
 * Claims up to `most` due rows: gravest first, then oldest; of one problem only the oldest. Rows whose lease ran out are due.
 */
bool outbox_claim(struct store *store, struct arena *arena, int64_t now_ms, int64_t lease_ms, size_t most,
                  struct outbox_row **rows, size_t *count, struct fault *fault);

/* Takes a waiting message out: it is held back from now on, for `reason`, and told in a summary. */
bool outbox_set_aside(struct store *store, const char *id, const char *reason, struct fault *fault);

/* Claimed rows that nobody came to: they are due at once. */
bool outbox_give_back(struct store *store, const struct outbox_row *rows, size_t count, struct fault *fault);

/* Rows that would go the same way as this one, and are not graver, wait with it: 100,000 are not asked one by one. */
bool outbox_put_off_alike(struct store *store, const struct outbox_row *row, int64_t now_ms, int64_t due_ms,
                          struct fault *fault);

/* One row by id, claimed: for `notifyctl drop`. *found is false when it is not waiting, or being told right now. */
bool outbox_claim_one(struct store *store, struct arena *arena, const char *id, int64_t now_ms, int64_t lease_ms,
                      struct outbox_row *row, bool *found, struct fault *fault);

/* Makes waiting rows due now: one id, or all with "". Endpoints that are left alone may be tried. */
bool outbox_hasten(struct store *store, const char *id, int64_t now_ms, int64_t *count, struct fault *fault);

/* The provider's id of the first delivered message of a problem on this section: the head of the thread; "" when there is none. */
bool reference_of(struct store *store, struct arena *arena, const char *problem, const char *section,
                  const char *recipient_key, const char **reference, struct fault *fault);

#endif
