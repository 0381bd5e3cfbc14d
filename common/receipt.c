#include "common/receipt.h"

#include <string.h>

#include "common/delivery.h"
#include "common/log.h"
#include "common/operator.h"
#include "common/outbox.h"
#include "common/record.h"
#include "common/sms_receipt.h"

enum {
    ASKED_MOST = 100, /* in one pass; a question takes far longer than a twentieth of a second, which Tencent allows */
    AFTER_MS = 15000, /* at least between two questions */
    BUSY_MS = 30000,  /* its notification is being told: what follows waits for that */
    DOUBT_QUESTIONS = 2, /* at half a minute and two minutes */
};

/* After the message. */
static const int64_t QUESTIONS_MS[] = {RECEIPT_FIRST_MS, 120000, 600000};

/* One message and one recipient. */
struct question {
    const char *id;      /* of the notification */
    const char *section; /* that sent it */
    const char *pool;    /* title of the section in whose pool that is, "" for none */
    const char *recipient;
    const char *reference;
    bool doubt;
    int64_t sent_ms;
    int64_t tries; /* before this one */
    const char *legs;
    const char *event; /* JSON */
    int64_t expires_ms;
    const char *problem;
};

struct questions {
    struct question items[ASKED_MOST];
    size_t count;
};

/* One question on its way, with an arena of its own. */
struct inquiry {
    const struct following *following;
    struct world world;
    const struct question *question;
    int64_t deadline_ms;
    struct event event;
    struct verdict verdict; /* the answer; masked */
};

/* How it ends. */
struct ending {
    const char *state;
    bool takes_next_leg;
    const char *meaning; /* for the notification: CLEARED, ALL_FAILED, "" for none */
    const char *words;
};

static int64_t now_ms(const struct inquiry *inquiry)
{
    return world_wall_ms(&inquiry->world);
}

/* --- asking --- */

static struct verdict not_asked(const char *code, const char *words)
{
    return (struct verdict){.outcome = OUTCOME_BROKEN, .code = code, .reason = words, .remedy = WORD_NONE};
}

static struct verdict ask_about(const struct inquiry *inquiry, const struct section *section, int64_t sent_ms)
{
    const struct question *question = inquiry->question;
    struct message message = {.id = question->id, .event = &inquiry->event};
    struct delivery delivery = {.channel = section->channel,
                                .settings = section->settings,
                                .network = &section->network,
                                .policy = {.attempts = 1},
                                .deadline_ms = inquiry->deadline_ms};
    struct intent intent = {.verb = VERB_RECEIPT,
                            .message = &message,
                            .recipients = &question->recipient,
                            .recipient_count = 1,
                            .reference = question->reference,
                            .sent_ms = sent_ms};
    struct verdicts verdicts = deliver(&inquiry->world, &delivery, &intent);

    return *verdict_worst(&verdicts);
}

static bool says_something(const struct verdict *verdict)
{
    return verdict->outcome == OUTCOME_DELIVERED || verdict->outcome == OUTCOME_REFUSED;
}

/* Near the end of a provider's day it may have the message under the day before or after ours. */
static struct verdict ask_provider(const struct inquiry *inquiry, const struct section *section)
{
    int64_t sent_ms = inquiry->question->sent_ms;
    int64_t other_ms = section->channel->receipts_by_day ? sms_receipt_other_day(sent_ms) : 0;
    struct verdict verdict = ask_about(inquiry, section, sent_ms);
    struct verdict other;

    if (other_ms == 0 || verdict.outcome != OUTCOME_AGAIN)
        return verdict;
    other = ask_about(inquiry, section, other_ms);
    return says_something(&other) ? other : verdict;
}

/* The operator's words, and what a person can do about them. */
static const char *with_remedy(struct arena *arena, const struct config *config, const struct verdict *verdict)
{
    if (verdict->remedy == WORD_NONE || (verdict->outcome != OUTCOME_REFUSED && verdict->outcome != OUTCOME_BROKEN))
        return verdict->reason;
    return arena_print(arena, "%s%s%s", verdict->reason, verdict->reason[0] ? "; " : "",
                       word_in(config->language, verdict->remedy));
}

/* Opened; a member of a pool as that pool has it, since it may say little itself. */
static struct section *sender_of(const struct config *config, const struct question *question, struct fault *fault)
{
    struct fault ignored = {0};
    struct section *owner = question->pool[0] ? config_section(config, NULL, question->pool, &ignored) : NULL;
    struct section *section;

    if (owner && config_open_section(config, owner, NULL, &ignored)) {
        section = config_sender(owner, question->section);
        if (section != owner)
            return section;
    }
    section = config_section(config, NULL, question->section, fault);
    return section && config_open_section(config, section, NULL, fault) ? section : NULL;
}

/* A section that is gone, broken or wants no receipts any more is not asked. */
static struct verdict ask(const struct inquiry *inquiry)
{
    struct arena *arena = inquiry->world.arena;
    const struct config *config = inquiry->following->config;
    struct fault fault = {0};
    struct section *section = sender_of(config, inquiry->question, &fault);
    struct verdict verdict;

    if (!section)
        return not_asked("NO-SECTION", arena_copy(arena, fault.text, strlen(fault.text)));
    if (!record_asks_receipts(section))
        return not_asked("NOT-WANTED", "the section asks for no receipts");
    verdict = ask_provider(inquiry, section);
    verdict.reason = secrets_mask(arena, &section->secrets, with_remedy(arena, config, &verdict));
    return verdict;
}

/* --- writing down --- */

static const char END[] = "UPDATE receipt SET state = ?, ended_ms = ?, tries = tries + 1, code = ?, words = ?"
                          " WHERE id = ? AND section = ? AND recipient = ? AND state = 'waiting'";

/* All recipients of a message share what follows it: who is first takes it for all. */
static const char NEXT_LEG[] =
    "INSERT OR IGNORE INTO outbox (id, problem, recipient_key, severity, state, due_ms, attempts, legs, event,"
    " template_name, created_ms, expires_ms, reason) SELECT n.id, n.problem, n.recipient_key, n.severity, 'pending', ?, 1,"
    " r.legs, r.event, r.template_name, n.created_ms, r.expires_ms, n.reason FROM receipt r JOIN notification n"
    " ON n.id = r.id WHERE r.id = ? AND r.section = ? AND r.recipient = ? AND NOT EXISTS (SELECT 1 FROM receipt o"
    " WHERE o.id = r.id AND o.section = r.section AND o.recipient <> r.recipient AND o.state = 'next')";

static const char WAITS_AGAIN[] =
    "UPDATE notification SET outcome = 'waiting', ended_ms = 0, code = ?, words = ? WHERE id = ?";

/* One of several recipients does not speak for the others. */
static const char CLEARED[] = "UPDATE notification SET outcome = 'delivered', code = ?, words = ? WHERE id = ?"
                              " AND outcome = 'unclear' AND NOT EXISTS (SELECT 1 FROM receipt"
                              " WHERE id = notification.id AND section = ? AND doubt AND state <> 'arrived')";

static const char ALL_FAILED[] = "UPDATE notification SET outcome = 'refused', code = ?, words = ? WHERE id = ?"
                                 " AND outcome IN ('delivered', 'unclear') AND NOT EXISTS (SELECT 1 FROM receipt"
                                 " WHERE id = notification.id AND section = ? AND state <> 'failed')";

/* Told once, what follows needs no copy of it. */
static const char FORGET[] = "UPDATE receipt SET legs = '', event = '' WHERE id = ? AND section = ? AND recipient = ?";

static bool take_next_leg(const struct inquiry *inquiry, const struct ending *ending, struct fault *fault)
{
    struct store *store = inquiry->following->store;
    const struct question *question = inquiry->question;

    if (!store_run(store, fault, NEXT_LEG, "ittt", now_ms(inquiry), question->id, question->section,
                   question->recipient))
        return false;
    return store_changed(store) == 0 ||
           store_run(store, fault, WAITS_AGAIN, "ttt", inquiry->verdict.code, ending->words, question->id);
}

static bool write_end(const struct inquiry *inquiry, const struct ending *ending, struct fault *fault)
{
    struct store *store = inquiry->following->store;
    const struct question *question = inquiry->question;
    const char *code = inquiry->verdict.code;

    if (!store_run(store, fault, END, "tittttt", ending->state, now_ms(inquiry), code, ending->words, question->id,
                   question->section, question->recipient))
        return false;
    if (store_changed(store) == 0)
        return true; /* another worker was faster */
    if (ending->takes_next_leg && !take_next_leg(inquiry, ending, fault))
        return false;
    if (ending->meaning[0] &&
        !store_run(store, fault, ending->meaning, "tttt", code, ending->words, question->id, question->section))
        return false;
    return store_run(store, fault, FORGET, "ttt", question->id, question->section, question->recipient);
}

static bool in_transaction(const struct inquiry *inquiry, const struct ending *ending, struct fault *fault)
{
    struct store *store = inquiry->following->store;

    if (!store_begin(store, fault))
        return false;
    if (!write_end(inquiry, ending, fault)) {
        store_rollback(store);
        return false;
    }
    return store_commit(store, fault) && (!ending->takes_next_leg || store_promise(store, fault));
}

static bool ask_later(const struct inquiry *inquiry, int64_t due_ms, int64_t tries, struct fault *fault)
{
    struct store *store = inquiry->following->store;
    const struct question *question = inquiry->question;

    return store_change(store, fault,
                        "UPDATE receipt SET due_ms = ?, tries = ?, code = ?, words = ? WHERE id = ? AND section = ?"
                        " AND recipient = ? AND state = 'waiting'",
                        "iittttt", due_ms, tries, inquiry->verdict.code, inquiry->verdict.reason, question->id,
                        question->section, question->recipient);
}

/* --- what did not arrive --- */

static bool is_being_told(const struct inquiry *inquiry, bool *told, struct fault *fault)
{
    int64_t count = 0;

    if (!store_number(inquiry->following->store, fault, "SELECT COUNT(*) FROM outbox WHERE id = ?", 0, &count, "t",
                      inquiry->question->id))
        return false;
    *told = count > 0;
    return true;
}

static bool is_followed(const struct inquiry *inquiry, bool *followed, struct fault *fault)
{
    int64_t count = 0;

    if (!store_number(inquiry->following->store, fault,
                      "SELECT COUNT(*) FROM receipt WHERE id = ? AND section = ? AND state = 'next'", 0, &count, "tt",
                      inquiry->question->id, inquiry->question->section))
        return false;
    *followed = count > 0;
    return true;
}

/* What came too late, or of a problem that is over, wakes nobody. */
static bool is_still_useful(const struct inquiry *inquiry, bool *useful, struct fault *fault)
{
    const struct question *question = inquiry->question;
    int64_t over_ms = 0;

    if (!store_number(inquiry->following->store, fault, "SELECT over_ms FROM alert WHERE problem = ?", 0, &over_ms, "t",
                      question->problem))
        return false;
    *useful = question->legs[0] && now_ms(inquiry) <= question->expires_ms &&
              !(inquiry->event.kind == EVENT_PROBLEM && over_ms > 0);
    return true;
}

static void tell_operator(const struct inquiry *inquiry, const char *code, enum word words)
{
    struct arena *arena = inquiry->world.arena;
    const struct config *config = inquiry->following->config;
    const struct verdict *verdict = &inquiry->verdict;
    struct trouble_report report = {.section = inquiry->question->section,
                                    .code = code,
                                    .words = words,
                                    .detail = arena_print(arena, "%s %s %s\n%s", inquiry->question->recipient,
                                                          verdict->code, verdict->reason, inquiry->event.subject)};

    operator_tell(&inquiry->world, config, inquiry->following->store, &inquiry->event, &report);
}

/* Before it is written down: killed in between, it is told once, too, since the same trouble is not told twice in an hour. */
static bool end_without_next_leg(struct inquiry *inquiry, struct fault *fault)
{
    bool doubt = inquiry->question->doubt && inquiry->verdict.outcome != OUTCOME_REFUSED;
    struct ending ending = {
        .state = doubt ? "silent" : "failed", .meaning = doubt ? "" : ALL_FAILED, .words = inquiry->verdict.reason};

    tell_operator(inquiry, doubt ? "DOUBTFUL" : "NOT-ARRIVED",
                  doubt ? WORD_OPERATOR_DOUBTFUL : WORD_OPERATOR_NOT_ARRIVED);
    return in_transaction(inquiry, &ending, fault);
}

static bool not_arrived(struct inquiry *inquiry, struct fault *fault)
{
    struct ending ending = {.state = "next", .meaning = "", .words = inquiry->verdict.reason};
    bool followed = false;
    bool told = false;
    bool useful = false;

    if (!is_followed(inquiry, &followed, fault) || !is_being_told(inquiry, &told, fault) ||
        !is_still_useful(inquiry, &useful, fault))
        return false;
    if (!followed && !useful)
        return end_without_next_leg(inquiry, fault);
    if (!followed && told)
        return ask_later(inquiry, now_ms(inquiry) + BUSY_MS, inquiry->question->tries, fault);
    ending.takes_next_leg = !followed;
    return in_transaction(inquiry, &ending, fault);
}

/* --- an answer --- */

static bool arrived(struct inquiry *inquiry, struct fault *fault)
{
    int64_t after_s = inquiry->verdict.arrived_s - inquiry->question->sent_ms / 1000;
    struct ending ending = {.state = "arrived", .meaning = CLEARED, .words = ""};

    if (inquiry->verdict.arrived_s > 0)
        ending.words = arena_print(inquiry->world.arena, "after %lld s", (long long)(after_s > 0 ? after_s : 0));
    return in_transaction(inquiry, &ending, fault);
}

/* Said once for the message: it is not asked for again. */
static bool may_not_ask(struct inquiry *inquiry, struct fault *fault)
{
    struct ending ending = {.state = "unasked", .meaning = "", .words = inquiry->verdict.reason};

    log_error("NP-RECEIPT section=%s code=%s id=%s %s", inquiry->question->section, inquiry->verdict.code,
              inquiry->question->id, inquiry->verdict.reason);
    if (inquiry->verdict.remedy != WORD_NONE)
        tell_operator(inquiry, "NO-RECEIPTS", WORD_OPERATOR_NO_RECEIPTS);
    return inquiry->question->doubt ? not_arrived(inquiry, fault) : in_transaction(inquiry, &ending, fault);
}

static bool is_not_known(struct inquiry *inquiry, bool *known, struct fault *fault)
{
    const struct question *question = inquiry->question;
    int64_t tries = question->tries + 1;
    int64_t most = question->doubt ? DOUBT_QUESTIONS : (int64_t)(sizeof(QUESTIONS_MS) / sizeof(*QUESTIONS_MS));
    struct ending silent = {.state = "silent", .meaning = "", .words = inquiry->verdict.reason};
    int64_t due_ms;

    *known = tries >= most;
    if (*known)
        return question->doubt ? not_arrived(inquiry, fault) : in_transaction(inquiry, &silent, fault);
    due_ms = question->sent_ms + QUESTIONS_MS[tries];
    return ask_later(inquiry, due_ms > now_ms(inquiry) + AFTER_MS ? due_ms : now_ms(inquiry) + AFTER_MS, tries, fault);
}

static bool take_answer(struct inquiry *inquiry, bool *known, struct fault *fault)
{
    *known = true;
    switch (inquiry->verdict.outcome) {
    case OUTCOME_DELIVERED:
        return arrived(inquiry, fault);
    case OUTCOME_REFUSED:
        return not_arrived(inquiry, fault);
    case OUTCOME_BROKEN:
        return may_not_ask(inquiry, fault);
    case OUTCOME_AGAIN:
    case OUTCOME_THROTTLED:
    case OUTCOME_UNCLEAR:
        break;
    }
    return is_not_known(inquiry, known, fault);
}

static bool inquire(struct inquiry *inquiry, size_t *settled, struct fault *fault)
{
    const struct question *question = inquiry->question;
    struct fault ignored = {0};
    bool known = false;

    inquiry->event = event_empty();
    event_from_json(inquiry->world.arena, json_read(inquiry->world.arena, question->event, strlen(question->event)),
                    &inquiry->event, &ignored);
    inquiry->verdict = ask(inquiry);
    log_notice("receipt section=%s outcome=%s code=%s id=%s %s", question->section,
               outcome_name(inquiry->verdict.outcome), inquiry->verdict.code, question->id, inquiry->verdict.reason);
    if (!take_answer(inquiry, &known, fault))
        return false;
    *settled += known;
    return true;
}

/* --- a pass --- */

static const char DUE[] =
    "SELECT r.id, r.section, r.recipient, r.reference, r.doubt, r.sent_ms, r.tries, r.legs, r.event,"
    " r.expires_ms, COALESCE(n.problem, ''), r.pool FROM receipt r LEFT JOIN notification n ON n.id = r.id"
    " WHERE r.state = 'waiting' AND r.due_ms <= ? ORDER BY n.severity DESC, r.due_ms LIMIT ?";

static bool keep_question(void *self, struct row *row)
{
    struct questions *questions = self;

    questions->items[questions->count++] = (struct question){
        .id = row_text(row, 0),
        .section = row_text(row, 1),
        .recipient = row_text(row, 2),
        .reference = row_text(row, 3),
        .doubt = row_number(row, 4) != 0,
        .sent_ms = row_number(row, 5),
        .tries = row_number(row, 6),
        .legs = row_text(row, 7),
        .event = row_text(row, 8),
        .expires_ms = row_number(row, 9),
        .problem = row_text(row, 10),
        .pool = row_text(row, 11),
    };
    return questions->count < ASKED_MOST;
}

bool receipt_run(const struct following *following, int64_t deadline_ms, size_t *settled, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct questions *questions = arena_alloc(arena, sizeof(*questions));
    size_t limit = following->most > 0 && following->most < ASKED_MOST ? following->most : ASKED_MOST;
    bool ran = store_read(following->store, arena, fault, DUE, keep_question, questions, "ii",
                          world_wall_ms(following->world), (int64_t)limit);

    for (size_t i = 0; ran && i < questions->count && world_steady_ms(following->world) < deadline_ms; i++) {
        struct inquiry inquiry = {.following = following,
                                  .world = *following->world,
                                  .question = &questions->items[i],
                                  .deadline_ms = deadline_ms};

        inquiry.world.arena = arena_new();
        ran = inquire(&inquiry, settled, fault);
        arena_release(inquiry.world.arena);
    }
    arena_release(arena);
    return ran;
}
