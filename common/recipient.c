#include "common/recipient.h"

#include <string.h>

static void note(const struct recipient_book *book, const char *target, const char *why)
{
    if (book->note)
        book->note(book->self, target, why);
}

static void add(const struct recipient_book *book, struct recipients *recipients, const char *address)
{
    for (size_t i = 0; i < recipients->count; i++)
        if (strcmp(recipients->items[i], address) == 0)
            return;
    recipients->items =
        arena_grow(book->arena, recipients->items, (recipients->count + 1) * sizeof(*recipients->items));
    recipients->items[recipients->count++] = address;
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

static void add_contact(const struct recipient_book *book, struct recipients *recipients, const char *target,
                        const struct contact *contact)
{
    const char *address = address_of(contact, recipients->channel);

    if (address[0])
        add(book, recipients, address);
    else
        note(book, target,
             arena_print(book->arena, "has no address for %s: add one to contact \"%s\"", recipients->channel->name,
                         contact->name));
}

static void add_duty(const struct recipient_book *book, struct recipients *recipients, const char *target,
                     const struct duty *duty)
{
    if (duty->contact)
        add_contact(book, recipients, target, duty->contact);
    else
        note(book, target, arena_print(book->arena, "is nobody now: %s", duty->trouble));
}

static void add_named(const struct recipient_book *book, struct recipients *recipients, const char *target)
{
    const struct contact *contact = config_contact(book->config, target + 1);
    struct duty duty;

    if (contact)
        add_contact(book, recipients, target, contact);
    else if (duty_find(book->config, target + 1, book->now_s, &duty))
        add_duty(book, recipients, target, &duty);
    else
        note(book, target, "is not a contact or rotation of the configuration");
}

void recipients_add(const struct recipient_book *book, struct recipients *recipients, const char *target)
{
    const struct channel *channel = recipients->channel;
    bool all = strcmp(target, "@all") == 0 || strcmp(target, "all") == 0;
    const struct contact *contact;

    if (target[0] == '@' && !all) {
        add_named(book, recipients, target);
        return;
    }
    contact = config_contact_with(book->config, target);
    if (contact)
        add_contact(book, recipients, target, contact);
    else if (strstr(target, "://"))
        note(book, target, "is an address of the web: it belongs into the configuration");
    else if (!(channel->addresses & kind_of_address(target)))
        note(book, target,
             arena_print(book->arena, "cannot be written by %s: give a contact both addresses", channel->name));
    else
        add(book, recipients, target);
}

static bool is_title(const struct config *config, const char *text, size_t len)
{
    for (size_t i = 0; i < config->section_count; i++) {
        const char *title = config->sections[i]->title;

        if (strlen(title) == len && strncmp(title, text, len) == 0)
            return true;
    }
    return false;
}

void recipient_split(const struct recipient_book *book, const char *text, const char **title, struct text_list *targets)
{
    const char *colon = strchr(text, ':');

    *title = "";
    if (colon && (colon == text || is_title(book->config, text, (size_t)(colon - text)))) {
        *title = arena_copy(book->arena, text, (size_t)(colon - text));
        text = colon + 1;
    } else if (is_title(book->config, text, strlen(text))) {
        *title = text;
        text = "";
    }
    *targets = split_commas(book->arena, text);
}
