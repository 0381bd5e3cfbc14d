/* contact "TITLE" { ... }: a person's addresses, and who a text means. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/config_policy.h"
#include "common/str.h"

static const char *const CONTACT_NAMES[] = {"name", "mobile", "email", "language", "timezone", NULL};

const struct contact *config_contact(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->contact_count; i++)
        if (strcmp(config->contacts[i]->name, name) == 0)
            return config->contacts[i];
    return NULL;
}

/* "+86 138-0013-8000" is written with blanks and dashes by people; what is left must be a number. */
static bool mobile_tidied(struct arena *arena, const char *text, const char **mobile)
{
    struct str tidy = str_in(arena, strlen(text));
    size_t digits;

    for (const char *c = text; *c; c++)
        if (!strchr(" -()", *c))
            str_addc(&tidy, *c);
    digits = strspn(tidy.text + (tidy.text[0] == '+'), "0123456789");
    *mobile = tidy.text;
    return digits >= 5 && digits <= 17 && tidy.text[(tidy.text[0] == '+') + digits] == '\0';
}

static bool contact_value_fits(const struct reading *reading, struct given *given)
{
    const char *value = given->values.count == 1 ? given->values.items[0] : "";
    const char **one = arena_alloc(reading->arena, sizeof(*one));

    one[0] = value;
    given->values = (struct text_list){.items = one, .count = 1};
    if (!value[0])
        return true;
    if (strcmp(given->name, "mobile") == 0 && !mobile_tidied(reading->arena, value, &one[0]))
        config_add_finding(reading->config, true, given->where,
                           "'mobile' wants a number such as +8613800138000, not '%s'", value);
    else if (strcmp(given->name, "email") == 0 && (!strchr(value, '@') || strpbrk(value, " <>,;")))
        config_add_finding(reading->config, true, given->where,
                           "'email' wants an address such as li@example.com, not '%s'", value);
    else if (strcmp(given->name, "language") == 0 && language_from(value) == LANGUAGE_COUNT)
        config_add_finding(reading->config, true, given->where, "'language' wants en or zh_CN, not '%s'", value);
    else if (strcmp(given->name, "timezone") == 0 && !timezone_known(value))
        config_add_finding(reading->config, true, given->where,
                           "'timezone' wants a time zone of this machine, such as Asia/Shanghai, not '%s'", value);
    else
        return true;
    return false;
}

/* A value that does not fit is left out; the others of the person are used. */
static void fill_contact(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct contact *contact = arena_alloc(config->arena, sizeof(*contact));
    struct givens givens = reading_gather(reading, cfg, "");

    *contact = (struct contact){
        .name = reading->now->title, .where = reading_here(reading), .givens = {.arena = config->arena}};
    for (size_t i = 0; i < givens.count; i++) {
        struct given given = givens.items[i];

        if (contact_value_fits(reading, &given))
            givens_add(&contact->givens, given.name, given.values, given.where);
    }
    config->contacts =
        arena_grow(config->arena, config->contacts, (config->contact_count + 1) * sizeof(*config->contacts));
    config->contacts[config->contact_count++] = contact;
}

static bool name_among(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static struct form form_of_contact(const struct reading *reading)
{
    struct form form = {.arena = reading->arena};

    for (size_t i = 0; CONTACT_NAMES[i]; i++)
        form_add_name(&form, CONTACT_NAMES[i], false);
    for (size_t i = 0; reading->channels[i]; i++)
        if (!name_among(CONTACT_NAMES, reading->channels[i]->name)) /* "email" is both */
            form_add_name(&form, reading->channels[i]->name, false);
    return form;
}

/* A rotation that has the same title is told so when all is read: the person counts. */
static const char *where_taken(const struct config *config, const char *title)
{
    return config_contact(config, title) ? config_contact(config, title)->where : NULL;
}

const struct policy_statement contact_statement = {
    .name = "contact", .form = form_of_contact, .fill = fill_contact, .where_taken = where_taken, .people = true};

/* Asking. */

const char *contact_value(const struct contact *contact, const char *name)
{
    const struct given *given = given_named(&contact->givens, name);

    return given ? given->values.items[0] : "";
}

/* The digits of a mobile number without China's country code; "" when the text is none. */
static const char *mobile_digits(const char *text)
{
    const char *digits = text + (text[0] == '+');
    size_t len = strspn(digits, "0123456789");

    if (len < 5 || digits[len])
        return "";
    if (strncmp(digits, "00", 2) == 0) {
        digits += 2;
        len -= 2;
    }
    return len == 13 && strncmp(digits, "861", 3) == 0 ? digits + 2 : digits;
}

static bool contact_has(const struct contact *contact, const char *value)
{
    const char *mobile = mobile_digits(value);

    if (strcmp(contact->name, value) == 0)
        return true;
    for (size_t i = 0; i < contact->givens.count; i++) {
        const struct given *given = &contact->givens.items[i];
        const char *own = given->values.items[0];

        if (strcmp(given->name, "language") == 0 || strcmp(given->name, "timezone") == 0 || !own[0])
            continue;
        if (strcmp(own, value) == 0 || (strcmp(given->name, "email") == 0 && strcasecmp(own, value) == 0) ||
            (strcmp(given->name, "mobile") == 0 && mobile[0] && strcmp(mobile_digits(own), mobile) == 0))
            return true;
    }
    return false;
}

const struct contact *config_contact_with(const struct config *config, const char *value)
{
    for (size_t i = 0; i < config->contact_count && value[0]; i++)
        if (contact_has(config->contacts[i], value))
            return config->contacts[i];
    return NULL;
}

/* "An" stands in "On call: An", not in "Joanna". Characters beyond ASCII are words of their own. */
static bool stands_in(const char *text, const char *name)
{
    const char *end = name + strlen(name) - 1;

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        const char *behind = at + strlen(name);
        bool begins = at == text || !isalnum((unsigned char)at[-1]) || !isalnum((unsigned char)name[0]);

        if (begins && (!isalnum((unsigned char)*behind) || !isalnum((unsigned char)*end)))
            return true;
    }
    return false;
}

/* "On call: Zhang Wei (primary)": the longest name in it is meant. */
static const struct contact *contact_within(const struct config *config, const char *text)
{
    const struct contact *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < config->contact_count; i++) {
        const char *name = contact_value(config->contacts[i], "name");

        if (strlen(name) > longest && stands_in(text, name)) {
            found = config->contacts[i];
            longest = strlen(name);
        }
    }
    return found;
}

const struct contact *config_contact_meant(const struct config *config, const char *text)
{
    const struct contact *contact = config_contact(config, text);

    if (!contact)
        contact = config_contact_with(config, text);
    return contact ? contact : contact_within(config, text);
}
