#include "common/delivery.h"

#include <string.h>

/* Recipients still to be told, in their order. */
struct waiting {
    const char **items;
    size_t count;
};

static struct moment moment_now(const struct world *world)
{
    return (struct moment){.wall_ms = world_wall_ms(world), .nonce = world_hex(world, 16)};
}

bool build_request(const struct world *world, const struct delivery *delivery, const struct intent *intent,
                   struct request *request, struct fault *fault)
{
    struct moment moment = moment_now(world);

    *request = request_in(world->arena);
    request->network = delivery->network ? delivery->network : request->network;
    return delivery->channel->build(delivery->settings, intent, &moment, request, fault);
}

/* What cannot be built will not be built the next time either. */
static struct verdict verdict_of_fault(const struct world *world, const struct fault *fault)
{
    bool ours = fault->kind == FAULT_CONFIG || fault->kind == FAULT_SYSTEM;

    return (struct verdict){
        .outcome = ours ? OUTCOME_BROKEN : OUTCOME_REFUSED,
        .code = "CANNOT-BUILD",
        .reason = arena_copy(world->arena, fault->text, strlen(fault->text)),
    };
}

static struct verdict verdict_of_no_time(void)
{
    return (struct verdict){
        .outcome = OUTCOME_AGAIN, .code = "NO-TIME", .reason = "no time was left", .remedy = WORD_FIX_WAIT};
}

/* Built anew for every attempt, because signatures carry the time. */
static struct verdicts attempt_once(const struct world *world, const struct delivery *delivery,
                                    const struct intent *intent, unsigned number)
{
    int64_t started_ms = world_steady_ms(world);
    int64_t left_ms = delivery->deadline_ms - started_ms;
    struct verdicts verdicts = {.arena = world->arena};
    struct attempt attempt = {.number = number, .verdicts = &verdicts};
    struct response response = response_in(world->arena);
    struct request request;
    struct fault fault = {0};

    if (left_ms <= 0) {
        verdict_add(&verdicts, verdict_of_no_time());
    } else if (build_request(world, delivery, intent, &request, &fault)) {
        attempt.request = &request;
        world->transport.send(world->transport.self, &request, left_ms < ATTEMPT_MOST_MS ? left_ms : ATTEMPT_MOST_MS,
                              &response);
        delivery->channel->classify(delivery->settings, intent, &response, &verdicts);
    } else {
        verdict_add(&verdicts, verdict_of_fault(world, &fault));
    }
    attempt.recipients = intent->recipients;
    attempt.recipient_count = intent->recipient_count;
    attempt.took_ms = world_steady_ms(world) - started_ms;
    if (delivery->on_attempt)
        delivery->on_attempt(delivery->self, &attempt);
    return verdicts;
}

/* The verdict that speaks for this recipient: its own, else the one for all. */
static const struct verdict *verdict_for(const struct verdicts *verdicts, const char *recipient)
{
    const struct verdict *general = NULL;

    for (size_t i = 0; i < verdicts->count; i++) {
        if (strcmp(verdicts->items[i].recipient, recipient) == 0)
            return &verdicts->items[i];
        if (verdicts->items[i].recipient[0] == '\0')
            general = &verdicts->items[i];
    }
    return general;
}

/* A number that the provider passed over in silence: nobody knows. */
static struct verdict verdict_of_silence(const char *recipient)
{
    return (struct verdict){.recipient = recipient,
                            .outcome = OUTCOME_UNCLEAR,
                            .code = "UNMENTIONED",
                            .reason = "the answer does not mention this recipient"};
}

static bool may_repeat(const struct delivery *delivery, const struct verdict *verdict)
{
    return verdict->outcome == OUTCOME_AGAIN || verdict->outcome == OUTCOME_THROTTLED ||
           (verdict->outcome == OUTCOME_UNCLEAR && delivery->channel->repeats_safely);
}

/* Sorts one attempt's verdicts: those that are final join `final`, recipients worth another try stay in `waiting`. */
static void sort_verdicts(const struct delivery *delivery, const struct verdicts *got, bool last,
                          struct waiting *waiting, struct verdicts *final)
{
    size_t kept = 0;

    for (size_t i = 0; i < waiting->count; i++) {
        const struct verdict *found = verdict_for(got, waiting->items[i]);
        struct verdict verdict = found ? *found : verdict_of_silence(waiting->items[i]);

        verdict.recipient = waiting->items[i];
        if (!last && may_repeat(delivery, &verdict))
            waiting->items[kept++] = waiting->items[i];
        else
            verdict_add(final, verdict);
    }
    waiting->count = kept;
}

/* The longest wait that any of the repeatable verdicts asks for, or -1 when there is nothing to wait for. */
static int64_t wait_after(const struct world *world, const struct delivery *delivery, const struct verdicts *got,
                          unsigned number)
{
    uint32_t dice = world_dice(world);
    int64_t longest_ms = -1;

    for (size_t i = 0; i < got->count; i++) {
        struct verdict verdict = got->items[i];
        int64_t wait_ms;

        if (verdict.outcome == OUTCOME_UNCLEAR && delivery->channel->repeats_safely)
            verdict.outcome = OUTCOME_AGAIN;
        wait_ms = retry_wait_ms(&delivery->policy, number, &verdict, dice);
        longest_ms = wait_ms > longest_ms ? wait_ms : longest_ms;
    }
    return longest_ms;
}

static bool time_for(const struct world *world, const struct delivery *delivery, int64_t wait_ms)
{
    return wait_ms >= 0 && world_steady_ms(world) + wait_ms < delivery->deadline_ms;
}

/* One request's worth of recipients, or one message that names none. */
static void deliver_share(const struct world *world, const struct delivery *delivery, struct intent intent,
                          struct waiting waiting, struct verdicts *final)
{
    for (unsigned number = 1;; number++) {
        struct verdicts got;
        int64_t wait_ms;
        bool last;

        intent.recipients = waiting.items;
        intent.recipient_count = waiting.count;
        got = attempt_once(world, delivery, &intent, number);
        wait_ms = wait_after(world, delivery, &got, number);
        last = !time_for(world, delivery, wait_ms);
        sort_verdicts(delivery, &got, last, &waiting, final);
        if (last || waiting.count == 0)
            return;
        world_sleep_ms(world, wait_ms);
    }
}

/* A message to a group has no recipient of its own; it is told apart by "". */
static struct waiting recipients_of(const struct world *world, const struct intent *intent, size_t from, size_t count)
{
    struct waiting waiting = {.items = arena_alloc(world->arena, (count + 1) * sizeof(*waiting.items)), .count = count};

    for (size_t i = 0; i < count; i++)
        waiting.items[i] = intent->recipients[from + i];
    return waiting;
}

/* Mentions do not divide a message: the group's answer speaks for all of them. */
static void deliver_to_group(const struct world *world, const struct delivery *delivery, const struct intent *intent,
                             struct verdicts *final)
{
    for (unsigned number = 1;; number++) {
        struct verdicts got = attempt_once(world, delivery, intent, number);
        int64_t wait_ms = wait_after(world, delivery, &got, number);

        if (!time_for(world, delivery, wait_ms)) {
            for (size_t i = 0; i < got.count; i++)
                verdict_add(final, got.items[i]);
            return;
        }
        world_sleep_ms(world, wait_ms);
    }
}

struct verdicts deliver(const struct world *world, const struct delivery *delivery, const struct intent *intent)
{
    size_t most = delivery->channel->recipients_in_request;
    struct verdicts final = {.arena = world->arena};

    if (most == 0 || intent->recipient_count == 0) {
        deliver_to_group(world, delivery, intent, &final);
        return final;
    }
    for (size_t from = 0; from < intent->recipient_count; from += most) {
        size_t left = intent->recipient_count - from;

        deliver_share(world, delivery, *intent, recipients_of(world, intent, from, left < most ? left : most), &final);
    }
    return final;
}
