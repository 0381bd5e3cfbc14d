#include "common/telling.h"

#include <string.h>

#include "common/compose.h"
#include "common/confirmation.h"

static enum language language_for(const struct telling *telling, const struct leg *leg)
{
    enum language language = language_from(leg->section->common.language);

    return language == LANGUAGE_COUNT ? telling->config->language : language;
}

static void note(const struct telling *telling, const char *line)
{
    if (telling->note)
        telling->note(telling->self, line);
}

/* A message that comes late, or perhaps for the second time, says so before anything else. */
static const char *warned(const struct telling *telling, const struct message *message)
{
    const char *repeat = telling->repeat ? word_in(message->language, WORD_POSSIBLE_REPEAT) : "";

    return arena_print(telling->world->arena, "%s%s%s", telling->late, repeat, message->title);
}

static const char *confirm_url(const struct telling *telling)
{
    struct fault fault = {0};
    const char *url = "";

    if (telling->confirm)
        url = confirmation_url(telling->world->arena, telling->config, telling->confirm, telling->event,
                               world_wall_ms(telling->world) / 1000, &fault);
    if (fault.kind != FAULT_NONE)
        note(telling, arena_print(telling->world->arena, "%s; the message goes without its link", fault.text));
    return url;
}

struct message tell_compose(const struct telling *telling, const struct leg *leg)
{
    struct arena *arena = telling->world->arena;
    struct template_choice choice =
        compose_choose(telling->config, telling->event, telling->template_name, leg->section->common.template_name);
    struct composition composition = {
        .shelf = telling->config->shelf,
        .templates = telling->config->templates,
        .template_name = choice.name,
        .timezone = telling->config->timezone,
        .confirm_url = confirm_url(telling),
        .id = telling->id,
        .language = language_for(telling, leg),
        .wall_ms = world_wall_ms(telling->world),
    };
    struct message message;
    struct fault fault = {0};
    bool found = true;

    compose(arena, &composition, telling->event, &message, &found, &fault);
    message.title = warned(telling, &message);
    if (!found)
        note(telling, arena_print(arena, "template '%s' is not installed in '%s', another one is used; %s", choice.name,
                                  composition.templates, fault.text));
    return message;
}

/* Who watches a leg's attempts. */
struct watcher {
    const struct telling *telling;
    const struct leg *leg;
};

static void pass_on(void *self, const struct attempt *attempt)
{
    const struct watcher *watcher = self;

    if (watcher->telling->on_attempt)
        watcher->telling->on_attempt(watcher->telling->self, watcher->leg, attempt);
}

struct delivery tell_delivery(const struct telling *telling, const struct leg *leg, int64_t deadline_ms)
{
    const struct section *section = leg_sender(leg);
    struct delivery delivery = {
        .channel = section->channel,
        .settings = section->settings,
        .network = &section->network,
        .policy = section->retry,
        .deadline_ms = deadline_ms,
    };

    if (telling->attempts_most > 0 && delivery.policy.attempts > telling->attempts_most)
        delivery.policy.attempts = telling->attempts_most;
    return delivery;
}

struct intent tell_intent(const struct telling *telling, const struct leg *leg, const struct message *message)
{
    return (struct intent){
        .verb = VERB_SEND,
        .message = message,
        .recipients = leg->recipients,
        .recipient_count = leg->recipient_count,
        .reference = "",
        .repeat = telling->repeat,
    };
}

/* Legs still to come keep their share of the time. */
static int64_t deadline_of_leg(const struct telling *telling, size_t legs_to_come)
{
    int64_t now_ms = world_steady_ms(telling->world);
    size_t kept = legs_to_come < LEGS_KEPT_FOR ? legs_to_come : LEGS_KEPT_FOR;
    int64_t share_ms = telling->deadline_ms - now_ms - (int64_t)kept * LEG_KEPT_MS;

    if (legs_to_come > 0 && share_ms > LEG_MOST_MS)
        share_ms = LEG_MOST_MS;
    return now_ms + (share_ms > 0 ? share_ms : 0);
}

/* What follows a problem belongs to its first message, where the channel can say so and that message is known. */
static const char *reference_for(const struct telling *telling, const struct leg *leg)
{
    enum event_kind kind = telling->event->kind;
    bool follows = kind == EVENT_RECOVERY || kind == EVENT_ACKNOWLEDGEMENT || kind == EVENT_UPDATE;

    if (!follows || !telling->reference || leg->recipient_count > 1 || !(leg->section->channel->verbs & VERB_REPLY))
        return "";
    return telling->reference(telling->self, leg);
}

/* The first message shows that it is over, too. Only an ornament: what became of it changes nothing. */
static void mark_recovered(const struct telling *telling, struct delivery delivery, struct intent intent,
                           const char *reference)
{
    if (telling->event->kind != EVENT_RECOVERY || !(delivery.channel->verbs & VERB_UPDATE))
        return;
    intent.verb = VERB_UPDATE;
    intent.reference = reference;
    delivery.policy.attempts = 1;
    deliver(telling->world, &delivery, &intent);
}

/* In the thread of the first message; when that is gone, as a message of its own. */
static struct verdicts deliver_in_thread(const struct telling *telling, const struct delivery *delivery,
                                         struct intent intent, const char *reference)
{
    struct verdicts verdicts;

    intent.verb = VERB_REPLY;
    intent.reference = reference;
    verdicts = deliver(telling->world, delivery, &intent);
    if (verdict_worst(&verdicts)->outcome == OUTCOME_DELIVERED)
        mark_recovered(telling, *delivery, intent, reference);
    if (verdict_worst(&verdicts)->outcome != OUTCOME_REFUSED)
        return verdicts;
    intent.verb = VERB_SEND;
    intent.reference = "";
    return deliver(telling->world, delivery, &intent);
}

static void tell_leg(const struct telling *telling, const struct chain *chain, size_t position, struct told *told)
{
    const struct leg *leg = &chain->legs[position];
    struct message message = tell_compose(telling, leg);
    struct delivery delivery = tell_delivery(telling, leg, deadline_of_leg(telling, chain->leg_count - position - 1));
    struct intent intent = tell_intent(telling, leg, &message);
    struct watcher watcher = {.telling = telling, .leg = leg};
    const char *reference = reference_for(telling, leg);
    int64_t before_ms = world_steady_ms(telling->world);

    delivery.on_attempt = pass_on;
    delivery.self = &watcher;
    if (telling->on_wire)
        telling->on_wire(telling->self, leg, chain_place(chain, position));
    if (telling->update && telling->update[0]) {
        intent.verb = VERB_UPDATE;
        intent.reference = telling->update;
    }
    told->verdicts = reference[0] ? deliver_in_thread(telling, &delivery, intent, reference)
                                  : deliver(telling->world, &delivery, &intent);
    told->leg = leg;
    told->position = position;
    told->outcome = verdict_worst(&told->verdicts)->outcome;
    told->short_id = message.short_id;
    told->language = message.language;
    told->text = arena_print(telling->world->arena, "%s\n%s", message.title, json_text_at(message.values, "/text"));
    told->took_ms = world_steady_ms(telling->world) - before_ms;
    told->tried++;
    told->broken = told->broken || told->outcome == OUTCOME_BROKEN;
}

/* Recipients whose message may yet arrive: those that failed for now. */
static void keep_left(struct arena *arena, const struct told *told, struct leg *left)
{
    *left = (struct leg){.section = told->leg->section};
    for (size_t i = 0; i < told->verdicts.count; i++) {
        const struct verdict *verdict = &told->verdicts.items[i];

        if (verdict->recipient[0] && (verdict->outcome == OUTCOME_AGAIN || verdict->outcome == OUTCOME_THROTTLED)) {
            left->recipients =
                arena_grow(arena, left->recipients, (left->recipient_count + 1) * sizeof(*left->recipients));
            left->recipients[left->recipient_count++] = verdict->recipient;
        }
    }
}

/* Which of two ends is better for the people who should know. */
static int worth(enum outcome outcome)
{
    static const int WORTH[OUTCOME_COUNT] = {
        [OUTCOME_DELIVERED] = 5, [OUTCOME_UNCLEAR] = 4, [OUTCOME_AGAIN] = 3,
        [OUTCOME_THROTTLED] = 3, [OUTCOME_BROKEN] = 2,  [OUTCOME_REFUSED] = 1,
    };

    return WORTH[outcome];
}

static bool may_try(const struct telling *telling, struct leg *leg)
{
    return !telling->may_try || telling->may_try(telling->self, leg);
}

static bool is_looked_into(const struct telling *telling, const struct told *told)
{
    return told->outcome == OUTCOME_UNCLEAR && telling->looks_first && telling->looks_first(telling->self, told->leg);
}

struct told tell_chain(const struct telling *telling, const struct chain *chain, size_t position)
{
    struct told best = {.outcome = OUTCOME_AGAIN};
    struct told told = {.outcome = OUTCOME_AGAIN};

    for (; position < chain->leg_count; position++) {
        bool last = position + 1 == chain->leg_count;

        if (!may_try(telling, &chain->legs[position]) && !(last && told.tried == 0))
            continue;
        tell_leg(telling, chain, position, &told);
        if (!best.leg || worth(told.outcome) >= worth(best.outcome))
            best = told;
        if (told.outcome == OUTCOME_DELIVERED || is_looked_into(telling, &told))
            break;
    }
    best.tried = told.tried;
    best.broken = told.broken;
    if (best.leg)
        keep_left(telling->world->arena, &best, &best.left);
    return best;
}
