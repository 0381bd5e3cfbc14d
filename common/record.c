#include "common/record.h"

#include <string.h>

#include "common/circuit.h"
#include "common/civil.h"
#include "common/identity.h"
#include "common/log.h"
#include "common/operator.h"

enum {
    FIRST_WAIT_MS = 30000,
    MOST_WAIT_MS = 1800000,
    LATE_MS = 120000,       /* later than this is said */
    REPEAT_WAIT_MS = 30000, /* before the one repeat of a message whose end is not known */
};

static const char *masked(const struct record *record, const char *text)
{
    return secrets_mask(record->world->arena, record->secrets, text);
}

static const char *endpoint_key_of(const struct record *record, const struct leg *leg)
{
    const struct section *section = leg_sender(leg);

    return identity_endpoint(record->world->arena, section->channel->name, section->secrets.items,
                             section->secrets.count);
}

/* Whom a leg tells, whichever robot does. */
static const char *recipient_key_of(const struct record *record, const struct leg *leg)
{
    struct arena *arena = record->world->arena;

    return identity_recipients(arena, asking_pool(arena, leg->section).items[0].key, leg->recipients,
                               leg->recipient_count);
}

/* A leg that is tried in place of another needs a place of its own provider's quota. */
static bool has_place(struct record *record, struct leg *leg)
{
    struct quota_ask ask = {
        .pool = asking_pool(record->world->arena, leg->section),
        .problem = record->problem,
        .recipient_key = recipient_key_of(record, leg),
        .limits = leg->section->channel->endpoint_limits,
        .severity = record->severity,
        .now_ms = world_wall_ms(record->world),
    };
    struct quota_answer answer;
    struct fault fault = {0};

    if (!record->store || leg == record->placed ||
        !quota_take(record->store, record->world->arena, &ask, &answer, &fault))
        return true;
    if (answer.taken && answer.via[0])
        leg->via = config_sender(leg->section, answer.via);
    return answer.taken;
}

static bool circuit_allows(struct record *record, const struct leg *leg)
{
    int64_t now_ms = world_wall_ms(record->world);
    int64_t due_ms = now_ms;
    struct fault fault = {0};

    return !record->store || !circuit_due(record->store, endpoint_key_of(record, leg), now_ms, &due_ms, &fault) ||
           due_ms <= now_ms;
}

static bool may_try(void *self, struct leg *leg)
{
    struct record *record = self;

    if (leg->section->pool_count > 0 && leg != record->placed) /* the choice among robots looks at their circuits */
        return has_place(record, leg);
    return circuit_allows(record, leg) && has_place(record, leg);
}

static void keep_trouble(struct record *record, const struct fault *fault)
{
    if (record->trouble.kind == FAULT_NONE)
        record->trouble = *fault;
}

static void mark_on_wire(void *self, const struct leg *leg, size_t place)
{
    struct record *record = self;
    struct fault fault = {0};

    if (record->store && !outbox_on_wire(record->store, record->id, (int64_t)place, leg_sender(leg)->title,
                                         world_wall_ms(record->world), &fault))
        keep_trouble(record, &fault);
}

static void add_attempt(struct record *record, const struct leg *leg, const struct attempt *attempt,
                        const struct verdict *verdict)
{
    struct arena *arena = record->world->arena;

    record->attempts = arena_grow(arena, record->attempts, (record->attempt_count + 1) * sizeof(*record->attempts));
    record->attempts[record->attempt_count++] = (struct attempt_record){
        .number = attempt->number,
        .at_ms = world_wall_ms(record->world) - attempt->took_ms,
        .took_ms = attempt->took_ms,
        .section = leg_sender(leg)->title,
        .endpoint_key = endpoint_key_of(record, leg),
        .recipient = verdict->recipient,
        .outcome = verdict->outcome,
        .code = verdict->code,
        .words = masked(record, verdict->reason),
    };
}

static void keep_attempt(void *self, const struct leg *leg, const struct attempt *attempt)
{
    struct record *record = self;

    for (size_t i = 0; i < attempt->verdicts->count; i++) {
        const struct verdict *verdict = &attempt->verdicts->items[i];

        add_attempt(record, leg, attempt, verdict);
        log_notice("attempt=%u section=%s outcome=%s code=%s ms=%lld id=%s %s", attempt->number, leg_sender(leg)->title,
                   outcome_name(verdict->outcome), verdict->code, (long long)attempt->took_ms, record->id,
                   masked(record, verdict->reason));
    }
}

static const char *first_reference(void *self, const struct leg *leg)
{
    struct record *record = self;
    struct arena *arena = record->world->arena;
    const char *recipients = recipient_key_of(record, leg);
    const char *reference = "";
    struct fault fault = {0};

    if (record->store &&
        !reference_of(record->store, arena, record->problem, leg_sender(leg)->title, recipients, &reference, &fault))
        reference = "";
    return reference;
}

bool record_asks_receipts(const struct section *section)
{
    return (section->channel->verbs & VERB_RECEIPT) && section->common.receipts && section->title[0];
}

static bool receipt_comes(void *self, const struct leg *leg)
{
    const struct record *record = self;

    return record->store && record->worker_comes && record_asks_receipts(leg_sender(leg));
}

static void log_note(void *self, const char *line)
{
    const struct record *record = self;

    log_error("%s id=%s", masked(record, line), record->id);
}

void record_attach(struct record *record, struct telling *telling)
{
    record->problem = identity_problem(record->world->arena, telling->event);
    record->severity = telling->event->severity;
    telling->may_try = may_try;
    telling->looks_first = receipt_comes;
    telling->reference = first_reference;
    telling->on_wire = mark_on_wire;
    telling->on_attempt = keep_attempt;
    telling->note = log_note;
    telling->self = record;
}

static const char *clock_of(const struct record *record, const struct config *config, int64_t at_ms, int64_t other_ms)
{
    struct arena *arena = record->world->arena;
    const char *day = civil_format(arena, at_ms / 1000, config->timezone, "%m-%d");
    bool same_day = strcmp(day, civil_format(arena, other_ms / 1000, config->timezone, "%m-%d")) == 0;

    return civil_format(arena, at_ms / 1000, config->timezone, same_day ? "%H:%M" : "%m-%d %H:%M");
}

/* From when until when it was, for a recovery that took its waiting problem along. */
static const char *came_and_went(const struct record *record, const struct config *config, const struct event *event,
                                 int64_t created_ms)
{
    int64_t over_ms = event->time_s ? event->time_s * 1000 : created_ms;
    int64_t began_ms = 0;
    struct fault fault = {0};
    const char *values[2];

    if (event->kind != EVENT_RECOVERY ||
        !store_number(record->store, &fault,
                      "SELECT MIN(created_ms) FROM notification WHERE delivered_by = ? AND outcome = 'folded'"
                      " AND kind = 'problem'",
                      0, &began_ms, "t", record->id) ||
        began_ms == 0)
        return "";
    if (over_ms < began_ms)
        over_ms = created_ms;
    values[0] = clock_of(record, config, began_ms, over_ms);
    values[1] = clock_of(record, config, over_ms, began_ms);
    return word_print(record->world->arena, config->language, WORD_CAME_AND_WENT, values, 2);
}

static const char *lateness(const struct record *record, const struct config *config, int64_t created_ms)
{
    int64_t late_ms = world_wall_ms(record->world) - created_ms;
    const char *minutes = arena_print(record->world->arena, "%lld", (long long)late_ms / 60000);

    return late_ms < LATE_MS ? "" : word_print(record->world->arena, config->language, WORD_LATE, &minutes, 1);
}

const char *record_beginning(const struct record *record, const struct config *config, const struct event *event,
                             int64_t created_ms)
{
    if (!record->store)
        return "";
    return arena_print(record->world->arena, "%s%s", lateness(record, config, created_ms),
                       came_and_went(record, config, event, created_ms));
}

int64_t record_next_try_ms(int64_t now_ms, int64_t attempts, int64_t wait_s, uint32_t dice)
{
    int64_t wait_ms = FIRST_WAIT_MS;

    for (; attempts > 1 && wait_ms < MOST_WAIT_MS; attempts--)
        wait_ms *= 2;
    if (wait_ms > MOST_WAIT_MS)
        wait_ms = MOST_WAIT_MS;
    wait_ms = wait_ms / 2 + (int64_t)dice % (wait_ms / 2 + 1);
    return now_ms + (wait_s * 1000 > wait_ms ? wait_s * 1000 : wait_ms);
}

/* One repeat, marked as such, for what must not be missed; never for SMS and voice. */
static bool deserves_repeat(const struct told *told, enum severity severity, bool was_repeat)
{
    return severity >= SEVERITY_CRITICAL && !was_repeat && !told->leg->section->channel->never_repeats;
}

static int64_t longest_wait_s(const struct told *told)
{
    int64_t wait_s = 0;

    for (size_t i = 0; i < told->verdicts.count; i++)
        wait_s = told->verdicts.items[i].wait_s > wait_s ? told->verdicts.items[i].wait_s : wait_s;
    return wait_s;
}

/* For whom it still waits, and what follows if it fails for them, too. */
static const char *legs_left(struct arena *arena, const struct chain *chain, const struct told *told, bool was_repeat)
{
    struct chain rest = {.leg_count = chain->leg_count - told->position, .route = chain->route};

    rest.legs = arena_alloc(arena, rest.leg_count * sizeof(*rest.legs));
    rest.legs[0] = told->left;
    for (size_t i = 1; i < rest.leg_count; i++)
        rest.legs[i] = chain->legs[told->position + i];
    return chain_to_json(arena, &rest, was_repeat);
}

static void set_end(const struct record *record, const struct chain *chain, const struct told *told,
                    enum severity severity, bool was_repeat, int64_t attempts, struct outbox_result *result)
{
    struct arena *arena = record->world->arena;

    switch (told->outcome) {
    case OUTCOME_DELIVERED:
        result->end = OUTBOX_DELIVERED;
        return;
    case OUTCOME_UNCLEAR:
        result->end = OUTBOX_UNCLEAR;
        if (deserves_repeat(told, severity, was_repeat)) {
            result->end = OUTBOX_WAITS;
            result->due_ms = result->now_ms + REPEAT_WAIT_MS;
            result->legs_left = chain_to_json(arena, chain, true);
        }
        return;
    case OUTCOME_REFUSED:
        result->end = told->broken ? OUTBOX_WAITS : OUTBOX_REFUSED;
        break;
    case OUTCOME_AGAIN:
    case OUTCOME_THROTTLED:
    case OUTCOME_BROKEN:
        result->end = OUTBOX_WAITS;
        break;
    }
    result->due_ms = record_next_try_ms(result->now_ms, attempts, longest_wait_s(told), world_dice(record->world));
    if (told->left.recipient_count > 0 && told->left.recipient_count < told->leg->recipient_count)
        result->legs_left = legs_left(arena, chain, told, was_repeat);
}

/* --- receipts to ask for --- */

static const char *legs_after(struct arena *arena, const struct chain *chain, size_t position)
{
    struct chain rest = {
        .legs = chain->legs + position + 1, .leg_count = chain->leg_count - position - 1, .route = chain->route};

    return rest.leg_count > 0 ? chain_to_json(arena, &rest, false) : "";
}

/* How much longer the leg that follows is worth telling than the first. */
static int64_t longer_ms(const struct chain *chain, size_t position)
{
    return position + 1 == chain->leg_count ? 0
                                            : asking_expires_ms(chain->legs[position + 1].section->channel) -
                                                  asking_expires_ms(chain->legs[0].section->channel);
}

/* For the leg at `position`; without its recipient. */
static struct receipt_wish wish_for(struct arena *arena, const struct chain *chain, const struct leg *leg,
                                    size_t position, int64_t sent_ms)
{
    return (struct receipt_wish){.section = leg_sender(leg)->title,
                                 .pool = leg_sender(leg) == leg->section ? "" : leg->section->title,
                                 .reference = "",
                                 .doubt = true,
                                 .sent_ms = sent_ms,
                                 .legs = legs_after(arena, chain, position),
                                 .longer_ms = longer_ms(chain, position)};
}

/* Room for as many as there are verdicts or recipients. */
static struct receipt_wish *wishes(struct arena *arena, size_t most, struct outbox_result *result)
{
    struct receipt_wish *items = arena_alloc(arena, (most + 1) * sizeof(*items));

    result->receipts = items;
    return items;
}

static void wish_for_receipts(struct arena *arena, const struct chain *chain, const struct told *told,
                              struct outbox_result *result)
{
    struct receipt_wish *items = wishes(arena, told->verdicts.count, result);
    struct receipt_wish wish = wish_for(arena, chain, told->leg, told->position, result->now_ms);

    if (!record_asks_receipts(leg_sender(told->leg)))
        return;
    for (size_t i = 0; i < told->verdicts.count; i++) {
        const struct verdict *verdict = &told->verdicts.items[i];

        if (!verdict->recipient[0] || (verdict->outcome != OUTCOME_DELIVERED && verdict->outcome != OUTCOME_UNCLEAR))
            continue;
        wish.recipient = verdict->recipient;
        wish.reference = verdict->reference;
        wish.doubt = verdict->outcome == OUTCOME_UNCLEAR;
        items[result->receipt_count++] = wish;
    }
}

struct outbox_result record_doubt(struct arena *arena, const struct chain *chain, size_t position, int64_t sent_ms)
{
    const struct leg *leg = &chain->legs[position];
    struct receipt_wish wish = wish_for(arena, chain, leg, position, sent_ms);
    struct outbox_result result = {
        .end = OUTBOX_UNCLEAR,
        .section = "",
        .reference = "",
        .text = "",
        .code = "STOPPED",
        .words = "its sender was stopped while the provider may have acted on it",
        .legs_left = "",
    };
    struct receipt_wish *items = wishes(arena, leg->recipient_count, &result);

    if (!record_asks_receipts(leg_sender(leg)))
        return result;
    result.section = wish.section;
    for (size_t i = 0; i < leg->recipient_count; i++) {
        wish.recipient = leg->recipients[i];
        items[result.receipt_count++] = wish;
    }
    return result;
}

struct outbox_result record_result(const struct record *record, const struct chain *chain, const struct told *told,
                                   enum severity severity, bool was_repeat, int64_t attempts_before)
{
    const struct verdict *worst = verdict_worst(&told->verdicts);
    const struct verdict *first = &told->verdicts.items[0];
    struct outbox_result result = {
        .id = record->id,
        .section =
            told->outcome == OUTCOME_DELIVERED || told->outcome == OUTCOME_UNCLEAR ? leg_sender(told->leg)->title : "",
        .reference = first->reference,
        .text = masked(record, told->text),
        .code = worst->code,
        .words = masked(record, worst->reason),
        .now_ms = world_wall_ms(record->world),
        .legs_left = "",
        .attempts = record->attempts,
        .attempt_count = record->attempt_count,
    };

    set_end(record, chain, told, severity, was_repeat, attempts_before + (int64_t)record->attempt_count, &result);
    wish_for_receipts(record->world->arena, chain, told, &result);
    return result;
}

void record_tell_operator(const struct record *record, const struct config *config, const struct event *event,
                          const char *section, const struct told *told, const struct outbox_result *result)
{
    struct trouble_report report = {
        .section = told && told->leg ? leg_sender(told->leg)->title : section,
        .detail = arena_print(record->world->arena, "%s: %s\n%s", result->code, result->words, event->subject)};

    if (told && told->broken) {
        report.code = "BROKEN";
        report.words = WORD_OPERATOR_BROKEN;
    } else if (result->end == OUTBOX_REFUSED) {
        report.code = "REFUSED";
        report.words = WORD_OPERATOR_REFUSED;
    } else if (result->end == OUTBOX_EXPIRED) {
        report.code = "EXPIRED";
        report.words = WORD_OPERATOR_EXPIRED;
    } else {
        return;
    }
    operator_tell(record->world, config, record->store, event, &report);
}
