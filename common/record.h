/*
 * record - a telling joined to the store: marks "on the wire", gathers the attempts, writes down the end.
 *
 * Shared by the programs that send at once and by the worker. Trouble with the store while a message is being told is noted
 * and passed over: the message is what matters.
 */
#ifndef COMMON_RECORD_H
#define COMMON_RECORD_H

#include "common/asking.h"
#include "common/outbox.h"
#include "common/telling.h"

struct record {
    const struct world *world;
    struct store *store; /* may be NULL: then nothing is recorded, only logged */
    const char *id;
    const char *problem; /* set by record_attach() */
    const struct secrets *secrets;
    bool worker_comes;        /* somebody asks for receipts soon: a doubt that one can clear waits for it */
    const struct leg *placed; /* has its place of the provider's quota already; others take one when they are tried */
    enum severity severity;   /* set by record_attach() */
    struct attempt_record *attempts;
    size_t attempt_count;
    struct fault trouble; /* the first with the store */
};

/* Sets the telling's callbacks to this record. */
void record_attach(struct record *record, struct telling *telling);

/* What the outbox is told about the end of a chain. */
struct outbox_result record_result(const struct record *record, const struct chain *chain, const struct told *told,
                                   enum severity severity, bool was_repeat, int64_t attempts_before);

/* What the outbox is told when nobody knows what became of a leg: its sender died at `sent_ms`, while the provider may have acted. */
struct outbox_result record_doubt(struct arena *arena, const struct chain *chain, size_t position, int64_t sent_ms);

/* True when the section's provider can be asked what became of a message, and the operator wants that. */
bool record_asks_receipts(const struct section *section);

/*
 * Tells the operator when the end of a chain is trouble that a person must mend. `section` is the title of its first leg; `told`
 * may be NULL when nothing was tried.
 */
void record_tell_operator(const struct record *record, const struct config *config, const struct event *event,
                          const char *section, const struct told *told, const struct outbox_result *result);

/*
 * What a message begins with: how late it is; of a recovery whose problem was never told, from when until when it was. "" for
 * most.
 */
const char *record_beginning(const struct record *record, const struct config *config, const struct event *event,
                             int64_t created_ms);

/* When a row that waits is tried again: the provider's wish, else a back-off that doubles from 30 s to 30 min. */
int64_t record_next_try_ms(int64_t now_ms, int64_t attempts, int64_t wait_s, uint32_t dice);

#endif
