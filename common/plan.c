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
    plan->notes[plan->note_count++] = arena_print(planning->arena, "recipient '%s' %s", target, why);
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

static struct leg *leg_for(struct planning *planning, const char *title, struct fault *fault)
{
    struct plan *plan = planning->plan;
    struct section *section;

    if (planning->config->section_count == 0 ||
        (title[0] == '\0' && planning->call->options.count > 0 && planning->config->path[0] == '\0'))
        section = plan->leg_count ? plan->legs[0].section : config_section_of(planning->config, planning->channel);
    else
        section = config_section(planning->config, planning->channel, title, fault);
    if (!section)
        return NULL;
    for (size_t i = 0; i < plan->leg_count; i++)
        if (plan->legs[i].section == section)
            return &plan->legs[i];
    if (!config_open_section(planning->config, section, &planning->call->options, fault))
        return NULL;
    plan->legs = arena_grow(planning->arena, plan->legs, (plan->leg_count + 1) * sizeof(*plan->legs));
    plan->legs[plan->leg_count] = (struct leg){.section = section};
    return &plan->legs[plan->leg_count++];
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
    for (size_t i = 0; i < planning->plan->leg_count; i++) {
        struct leg *leg = &planning->plan->legs[i];
        const struct text_list *to = &leg->section->common.to;

        if (leg->recipient_count > 0)
            continue;
        for (size_t k = 0; k < to->count; k++)
            add_target(planning, leg, to->items[k]);
    }
}

static bool enough_recipients(const struct plan *plan, struct fault *fault)
{
    for (size_t i = 0; i < plan->leg_count; i++) {
        const struct section *section = plan->legs[i].section;

        if (section->channel->needs_recipient && plan->legs[i].recipient_count == 0)
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
    if (plan->leg_count == 0) {
        *fault = first;
        return false;
    }
    add_default_recipients(&planning);
    return enough_recipients(plan, fault);
}
