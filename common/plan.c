#include "common/plan.h"

#include <string.h>

#include "common/recipient.h"

struct planning {
    struct arena *arena;
    const struct config *config;
    const struct channel *channel;
    const struct call *call;
    int64_t now_s;
    struct plan *plan;
};

void plan_add_note(struct arena *arena, struct plan *plan, const char *note)
{
    plan->notes = arena_grow(arena, plan->notes, (plan->note_count + 1) * sizeof(*plan->notes));
    plan->notes[plan->note_count++] = note;
}

struct chain *plan_add_chain(struct arena *arena, struct plan *plan, const struct chain *chain)
{
    plan->chains = arena_grow(arena, plan->chains, (plan->chain_count + 1) * sizeof(*plan->chains));
    plan->chains[plan->chain_count] = *chain;
    return &plan->chains[plan->chain_count++];
}

static void add_note(void *self, const char *target, const char *why)
{
    struct planning *planning = self;

    plan_add_note(planning->arena, planning->plan, arena_print(planning->arena, "recipient '%s' %s", target, why));
}

static struct recipient_book book_of(struct planning *planning)
{
    return (struct recipient_book){.arena = planning->arena,
                                   .config = planning->config,
                                   .now_s = planning->now_s,
                                   .note = add_note,
                                   .self = planning};
}

static void add_target(struct planning *planning, struct leg *leg, const char *target)
{
    struct recipient_book book = book_of(planning);
    struct recipients recipients = {
        .channel = leg->section->channel, .items = leg->recipients, .count = leg->recipient_count};

    recipients_add(&book, &recipients, target);
    leg->recipients = recipients.items;
    leg->recipient_count = recipients.count;
}

static struct leg *add_chain(struct planning *planning, struct section *section)
{
    struct leg *leg = arena_alloc(planning->arena, sizeof(*leg));

    *leg = (struct leg){.section = section};
    plan_add_chain(planning->arena, planning->plan, &(struct chain){.legs = leg, .leg_count = 1});
    return leg;
}

/* The call's own options say all: the configuration has no section of this channel, or there is none. */
static bool is_one_off(const struct planning *planning, const char *title)
{
    const struct config *config = planning->config;

    for (size_t i = 0; i < config->section_count; i++)
        if (config->sections[i]->channel == planning->channel)
            return false;
    return config->section_count == 0 || (title[0] == '\0' && planning->call->options.count > 0);
}

static struct section *section_for(const struct planning *planning, const char *title, struct fault *fault)
{
    const struct plan *plan = planning->plan;

    if (!is_one_off(planning, title))
        return config_section(planning->config, planning->channel, title, fault);
    return plan->chain_count ? plan->chains[0].legs[0].section : config_section_of(planning->config, planning->channel);
}

static struct leg *leg_of(struct planning *planning, struct section *section, struct fault *fault)
{
    struct plan *plan = planning->plan;

    for (size_t i = 0; i < plan->chain_count; i++)
        if (plan->chains[i].legs[0].section == section)
            return &plan->chains[i].legs[0];
    if (!config_open_section(planning->config, section, &planning->call->options, fault))
        return NULL;
    return add_chain(planning, section);
}

/* One `[profile][:target[,target]]`. */
static bool read_recipient(struct planning *planning, const char *text, struct fault *fault)
{
    struct recipient_book book = book_of(planning);
    struct text_list targets;
    const char *title;
    struct section *section;
    struct leg *leg;

    recipient_split(&book, text, &title, &targets);
    section = section_for(planning, title[0] ? title : planning->call->profile, fault);
    if (!section)
        return text[0] && fault_in(fault, "recipient '%s'", text);
    leg = leg_of(planning, section, fault);
    if (!leg)
        return false;
    for (size_t i = 0; i < targets.count; i++)
        add_target(planning, leg, targets.items[i]);
    return true;
}

/* Whom the section's owner wants told when the call names nobody. */
static void add_default_recipients(struct planning *planning)
{
    for (size_t i = 0; i < planning->plan->chain_count; i++) {
        struct leg *leg = &planning->plan->chains[i].legs[0];
        const struct text_list *to = &leg->section->common.to;

        if (leg->recipient_count > 0)
            continue;
        for (size_t k = 0; k < to->count; k++)
            add_target(planning, leg, to->items[k]);
    }
}

static bool enough_recipients(const struct plan *plan, struct fault *fault)
{
    for (size_t i = 0; i < plan->chain_count; i++) {
        const struct leg *leg = &plan->chains[i].legs[0];
        const struct section *section = leg->section;

        if (section->channel->needs_recipient && leg->recipient_count == 0)
            return fault_set(fault, FAULT_INPUT, "%s needs a recipient: %s", section->channel->name,
                             plan->note_count ? plan->notes[plan->note_count - 1] : "give one with --to");
    }
    return true;
}

bool plan_make(struct arena *arena, const struct config *config, const struct channel *channel, const struct call *call,
               int64_t now_s, struct plan *plan, struct fault *fault)
{
    struct planning planning = {
        .arena = arena, .config = config, .channel = channel, .call = call, .now_s = now_s, .plan = plan};
    struct fault first = {0};

    *plan = (struct plan){0};
    if (call->to.count == 0 && !read_recipient(&planning, "", fault))
        return false;
    for (size_t i = 0; i < call->to.count; i++)
        if (!read_recipient(&planning, call->to.items[i], &first))
            add_note(&planning, call->to.items[i], first.text);
    if (plan->chain_count == 0) {
        *fault = first;
        return false;
    }
    add_default_recipients(&planning);
    return enough_recipients(plan, fault);
}

static void add_secrets(const struct section *section, struct secrets *secrets)
{
    for (size_t i = 0; i < section->secrets.count; i++)
        secrets_add(secrets, section->secrets.items[i]);
}

void chain_secrets(const struct chain *chain, struct secrets *secrets)
{
    for (size_t i = 0; i < chain->leg_count; i++) {
        const struct section *section = chain->legs[i].section;

        add_secrets(section, secrets);
        for (size_t k = 0; k < section->pool_count; k++)
            add_secrets(section->pool[k], secrets);
    }
}

const char *chain_to_json(struct arena *arena, const struct chain *chain, bool repeat)
{
    struct json_object *doc = json_doc(arena);
    struct json_object *legs = jset_array(doc, "legs");

    if (repeat)
        jset_flag(doc, "repeat", true);
    if (chain->route)
        jset_text(doc, "route", chain->route->title);
    for (size_t i = 0; i < chain->leg_count; i++) {
        struct json_object *leg = jadd_object(legs);
        struct json_object *recipients = jset_array(leg, "recipients");

        jset_text(leg, "section", chain->legs[i].section->title);
        for (size_t k = 0; k < chain->legs[i].recipient_count; k++)
            jadd_text(recipients, chain->legs[i].recipients[k]);
    }
    return json_print(doc);
}

bool leg_of_record(struct arena *arena, const struct config *config, const char *section, const char *recipients,
                   struct leg *leg, struct fault *fault)
{
    struct text_list list = split_commas(arena, recipients);

    *leg = (struct leg){.section = config_section(config, NULL, section, fault),
                        .recipients = arena_alloc(arena, (list.count + 1) * sizeof(*leg->recipients))};
    for (size_t i = 0; i < list.count; i++)
        leg->recipients[leg->recipient_count++] = list.items[i];
    return leg->section && config_open_section(config, leg->section, NULL, fault);
}

static bool leg_from_json(struct arena *arena, const struct config *config, struct json_object *json, struct leg *leg,
                          struct fault *fault)
{
    size_t count = json_length(json_at(json, "/recipients"));

    *leg = (struct leg){.section = config_section(config, NULL, json_text_at(json, "/section"), fault)};
    if (!leg->section || !config_open_section(config, leg->section, NULL, fault))
        return false;
    leg->recipients = arena_alloc(arena, (count + 1) * sizeof(*leg->recipients));
    for (size_t i = 0; i < count; i++)
        leg->recipients[leg->recipient_count++] = json_text_at(json, arena_print(arena, "/recipients/%zu", i));
    return true;
}

bool chain_from_json(struct arena *arena, const struct config *config, const char *text, struct chain *chain,
                     bool *repeat, struct fault *fault)
{
    struct json_object *doc = json_read(arena, text, strlen(text));
    size_t count = json_length(json_at(doc, "/legs"));
    size_t *places = arena_alloc(arena, (count + 1) * sizeof(*places));

    *chain = (struct chain){.legs = arena_alloc(arena, (count + 1) * sizeof(*chain->legs)),
                            .places = places,
                            .route = config_route(config, json_text_at(doc, "/route"))};
    *repeat = json_flag_at(doc, "/repeat");
    for (size_t i = 0; i < count; i++)
        if (leg_from_json(arena, config, json_at(doc, arena_print(arena, "/legs/%zu", i)),
                          &chain->legs[chain->leg_count], fault))
            places[chain->leg_count++] = i;
    return chain->leg_count > 0 ||
           (fault->kind != FAULT_NONE ? false : fault_set(fault, FAULT_INPUT, "the outbox row names no section"));
}
