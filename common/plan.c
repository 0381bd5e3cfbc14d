#include "common/plan.h"

#include <ctype.h>
#include <string.h>

struct planning {
    struct arena *arena;
    const struct config *config;
    const struct channel *channel;
    const struct call *call;
    struct plan *plan;
};

static void add_note(struct planning *planning, const char *target, const char *why)
{
    struct plan *plan = planning->plan;

    plan->notes = arena_grow(planning->arena, plan->notes, (plan->note_count + 1) * sizeof(*plan->notes));
    plan->notes[plan->note_count++] = arena_print(planning->arena, "'%s' %s", target, why);
}

static void add_recipient(struct planning *planning, struct leg *leg, const char *address)
{
    for (size_t i = 0; i < leg->recipient_count; i++)
        if (strcmp(leg->recipients[i], address) == 0)
            return;
    leg->recipients =
        arena_grow(planning->arena, leg->recipients, (leg->recipient_count + 1) * sizeof(*leg->recipients));
    leg->recipients[leg->recipient_count++] = address;
}

/* The kinds of address that a text can be. */
static enum address_kind kind_of_address(const char *text)
{
    size_t digits = strspn(text + (text[0] == '+'), "0123456789");

    if (strchr(text, '@') && text[0] != '@')
        return ADDRESS_MAIL;
    if (digits >= 5 && text[(text[0] == '+') + digits] == '\0')
        return ADDRESS_MOBILE;
    return ADDRESS_LOGIN;
}

/* The contact's own login on the channel, else what the channel takes as well. */
static const char *address_of(const struct contact *contact, const struct channel *channel)
{
    const char *address = contact_value(contact, channel->name);

    if (!address[0] && channel->addresses & ADDRESS_MAIL)
        address = contact_value(contact, "email");
    if (!address[0] && channel->addresses & ADDRESS_MOBILE)
        address = contact_value(contact, "mobile");
    return address;
}

static void add_target(struct planning *planning, struct leg *leg, const char *target)
{
    const struct channel *channel = leg->section->channel;
    bool all = strcmp(target, "@all") == 0 || strcmp(target, "all") == 0;
    const struct contact *contact = target[0] == '@' && !all ? config_contact(planning->config, target + 1)
                                                             : config_contact_with(planning->config, target);

    if (target[0] == '@' && !all && !contact) {
        add_note(planning, target, "is not a contact of the configuration");
    } else if (contact) {
        if (address_of(contact, channel)[0])
            add_recipient(planning, leg, address_of(contact, channel));
        else
            add_note(planning, target,
                     arena_print(planning->arena, "has no address for %s: add one to contact \"%s\"", channel->name,
                                 contact->name));
    } else if (strstr(target, "://")) {
        add_note(planning, target, "is an address of the web: it belongs into the configuration");
    } else if (!(channel->addresses & kind_of_address(target))) {
        add_note(planning, target,
                 arena_print(planning->arena, "cannot be written by %s: give a contact both addresses", channel->name));
    } else {
        add_recipient(planning, leg, target);
    }
}

static bool is_title(const struct planning *planning, const char *text, size_t len)
{
    for (size_t i = 0; i < planning->config->section_count; i++) {
        const char *title = planning->config->sections[i]->title;

        if (strlen(title) == len && strncmp(title, text, len) == 0)
            return true;
    }
    return false;
}

static struct leg *add_chain(struct planning *planning, struct section *section)
{
    struct plan *plan = planning->plan;
    struct leg *leg = arena_alloc(planning->arena, sizeof(*leg));

    *leg = (struct leg){.section = section};
    plan->chains = arena_grow(planning->arena, plan->chains, (plan->chain_count + 1) * sizeof(*plan->chains));
    plan->chains[plan->chain_count++] = (struct chain){.legs = leg, .leg_count = 1};
    return leg;
}

static struct leg *leg_for(struct planning *planning, const char *title, struct fault *fault)
{
    struct plan *plan = planning->plan;
    struct section *section;

    if (planning->config->section_count == 0 ||
        (title[0] == '\0' && planning->call->options.count > 0 && planning->config->path[0] == '\0'))
        section = plan->chain_count ? plan->chains[0].legs[0].section
                                    : config_section_of(planning->config, planning->channel);
    else
        section = config_section(planning->config, planning->channel, title, fault);
    if (!section)
        return NULL;
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
    const char *colon = strchr(text, ':');
    const char *title = planning->call->profile;
    struct text_list targets;
    struct leg *leg;

    if (colon && (colon == text || is_title(planning, text, (size_t)(colon - text)))) {
        title = colon == text ? title : arena_copy(planning->arena, text, (size_t)(colon - text));
        text = colon + 1;
    } else if (is_title(planning, text, strlen(text))) {
        title = text;
        text = "";
    }
    leg = leg_for(planning, title, fault);
    if (!leg)
        return false;
    targets = split_commas(planning->arena, text);
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
               struct plan *plan, struct fault *fault)
{
    struct planning planning = {.arena = arena, .config = config, .channel = channel, .call = call, .plan = plan};
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

/* What the call says before a colon names a section; a route has chosen its sections by itself. */
static const char *targets_in(const struct planning *planning, const char *text)
{
    const char *colon = strchr(text, ':');

    if (colon && (colon == text || is_title(planning, text, (size_t)(colon - text))))
        return colon + 1;
    return is_title(planning, text, strlen(text)) ? "" : text;
}

static void add_targets(struct planning *planning, struct leg *leg, const struct text_list *to)
{
    for (size_t i = 0; i < to->count; i++) {
        struct text_list targets = split_commas(planning->arena, targets_in(planning, to->items[i]));

        for (size_t k = 0; k < targets.count; k++)
            add_target(planning, leg, targets.items[k]);
    }
}

/* False leaves the leg out, with a note. */
static bool open_leg(struct planning *planning, const char *title, struct leg *leg)
{
    const struct route *route = planning->config->route;
    struct fault fault = {0};

    *leg = (struct leg){.section = config_section(planning->config, NULL, title, &fault)};
    if (!leg->section || !config_open_section(planning->config, leg->section, NULL, &fault)) {
        add_note(planning, title, fault.text);
        return false;
    }
    add_targets(planning, leg, planning->call->to.count ? &planning->call->to : &route->to);
    if (leg->recipient_count == 0)
        add_targets(planning, leg, &leg->section->common.to);
    if (leg->section->channel->needs_recipient && leg->recipient_count == 0) {
        add_note(planning, title, "needs a recipient, and none that it can write is given");
        return false;
    }
    return true;
}

static void add_route_chain(struct planning *planning, const char *const *titles, size_t count)
{
    struct plan *plan = planning->plan;
    struct chain chain = {.legs = arena_alloc(planning->arena, (count + 1) * sizeof(*chain.legs))};

    for (size_t i = 0; i < count; i++)
        if (open_leg(planning, titles[i], &chain.legs[chain.leg_count]))
            chain.leg_count++;
    if (chain.leg_count == 0)
        return;
    plan->chains = arena_grow(planning->arena, plan->chains, (plan->chain_count + 1) * sizeof(*plan->chains));
    plan->chains[plan->chain_count++] = chain;
}

bool plan_route(struct arena *arena, const struct config *config, const struct call *call, struct plan *plan,
                struct fault *fault)
{
    struct planning planning = {.arena = arena, .config = config, .call = call, .plan = plan};
    const struct route *route = config->route;

    *plan = (struct plan){0};
    if (!route)
        return fault_set(fault, FAULT_CONFIG,
                         "%s has no route: write route \"default\" { channels = {\"SECTION\", ...} }", config->path);
    add_route_chain(&planning, route->channels.items, route->channels.count);
    for (size_t i = 0; i < route->also.count; i++)
        add_route_chain(&planning, &route->also.items[i], 1);
    return plan->chain_count > 0 ||
           fault_set(fault, FAULT_CONFIG, "%s: route \"%s\" has no usable channel: %s", route->where, route->title,
                     plan->note_count ? plan->notes[plan->note_count - 1] : "it names none");
}

const char *chain_to_json(struct arena *arena, const struct chain *chain, bool repeat)
{
    struct json_object *doc = json_doc(arena);
    struct json_object *legs = jset_array(doc, "legs");

    if (repeat)
        jset_flag(doc, "repeat", true);
    for (size_t i = 0; i < chain->leg_count; i++) {
        struct json_object *leg = jadd_object(legs);
        struct json_object *recipients = jset_array(leg, "recipients");

        jset_text(leg, "section", chain->legs[i].section->title);
        for (size_t k = 0; k < chain->legs[i].recipient_count; k++)
            jadd_text(recipients, chain->legs[i].recipients[k]);
    }
    return json_print(doc);
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

    *chain = (struct chain){.legs = arena_alloc(arena, (count + 1) * sizeof(*chain->legs))};
    *repeat = json_flag_at(doc, "/repeat");
    for (size_t i = 0; i < count; i++)
        if (leg_from_json(arena, config, json_at(doc, arena_print(arena, "/legs/%zu", i)),
                          &chain->legs[chain->leg_count], fault))
            chain->leg_count++;
    return chain->leg_count > 0 ||
           (fault->kind != FAULT_NONE ? false : fault_set(fault, FAULT_INPUT, "the outbox row names no section"));
}
