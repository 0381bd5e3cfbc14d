#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/config.h"
#include "common/str.h"
#include "common/template.h"
#include "common/values.h"

#define COMMON struct section_settings
const struct option_row section_rows[] = {
    OPTION_FLAG("enabled", COMMON, enabled, "yes", "no switches this section off"),
    OPTION_LIST("to", COMMON, to, "", "recipients when the call names none"),
    OPTION_LIST("pool", COMMON, pool, "", "sections of this channel that reach the same group: used in turn"),
    OPTION_TEXT("language", COMMON, language, "", "en or zh_CN; else the global one"),
    OPTION_TEXT("template", COMMON, template_name, "", "name of the message template"),
    OPTION_TEXT("deadline", COMMON, deadline, "", "time allowed for one notification: 24s"),
    OPTION_TEXT("proxy", COMMON, proxy, "", "http://, https:// or socks5h:// address; \"\" for a direct connection"),
    OPTION_SECRET("proxy_user", COMMON, proxy_user, "", "name:password for the proxy"),
    OPTION_TEXT("no_proxy", COMMON, no_proxy, "", "host names reached directly, separated by commas"),
    OPTION_TEXT("ca_file", COMMON, ca_file, "", "certificates to trust in place of the system's (PEM)"),
    OPTION_TEXT("source_address", COMMON, source_address, "", "local address or interface to send from"),
    OPTION_CHOICE("ip", COMMON, ip, "any", "any 4 6", "IP version to connect with"),
    OPTION_FLAG("receipts", COMMON, receipts, "yes", "SMS: no does not ask the provider whether messages arrived"),
    OPTION_END,
};

enum { DEADLINE_LEAST_S = 1, DEADLINE_MOST_S = 3600 };

/* One run of config_open_section(). */
struct opening {
    const struct config *config;
    struct section *section;
    struct givens givens;   /* the section's, then the call's */
    struct config *advised; /* takes what channels advise; NULL: nobody asked */
    struct fault *fault;
    bool refused; /* the channel found a mistake */
};

static const struct given *last_given(const struct givens *givens, const char *name)
{
    for (size_t i = givens->count; i-- > 0;)
        if (strcmp(givens->items[i].name, name) == 0)
            return &givens->items[i];
    return NULL;
}

/* "FILE:LINE: ", so that every complaint about a section begins with its place; "" for a one-off call. */
static const char *place(const struct opening *opening)
{
    const struct section *section = opening->section;

    if (!section->where[0])
        return "";
    return arena_print(opening->config->arena, "%s: %s \"%s\": ", section->where, section->channel->name,
                       section->title);
}

/* A complaint about what `name` was set to. */
static bool wrong(const struct opening *opening, const char *name, const char *want, const char *found)
{
    const struct given *given = last_given(&opening->givens, name);
    const char *where = given ? given->where : opening->section->where;

    if (strncmp(where, "--", 2) == 0)
        return fault_set(opening->fault, FAULT_CONFIG, "%s wants %s, not '%s'", where, want, found);
    return fault_set(opening->fault, FAULT_CONFIG, "%s: '%s' wants %s, not '%s'", where, name, want, found);
}

static const char *path_from(const struct opening *opening, const char *name, const char *path)
{
    const struct given *given = last_given(&opening->givens, name);

    if (path[0] == '/' || !path[0] || !opening->config->directory[0] || (given && strncmp(given->where, "--", 2) == 0))
        return path;
    return arena_print(opening->config->arena, "%s/%s", opening->config->directory, path);
}

static bool proxy_fits(const char *proxy)
{
    static const char *const SCHEMES[] = {"http://", "https://", "socks5h://", NULL};

    for (size_t i = 0; SCHEMES[i]; i++)
        if (strncmp(proxy, SCHEMES[i], strlen(SCHEMES[i])) == 0)
            return proxy[strlen(SCHEMES[i])] != '\0';
    return proxy[0] == '\0';
}

static bool deadline_fits(const char *text)
{
    int64_t seconds;

    return text[0] == '\0' ||
           (duration_read(text, &seconds) && seconds >= DEADLINE_LEAST_S && seconds <= DEADLINE_MOST_S);
}

static bool check_common(const struct opening *opening)
{
    const struct section_settings *common = &opening->section->common;

    if (common->language[0] && language_from(common->language) == LANGUAGE_COUNT)
        return wrong(opening, "language", "en or zh_CN", common->language);
    if (common->template_name[0] && !template_name_valid(common->template_name))
        return wrong(opening, "template", "a name of small letters, digits and '_'", common->template_name);
    if (!deadline_fits(common->deadline))
        return wrong(opening, "deadline", "a duration from 1s to 1h", common->deadline);
    return true;
}

/* The section's own wins, even when it is "": that is how a section goes without the proxy of all. */
static const char *own_or(const struct opening *opening, const char *name, const char *own, const char *global)
{
    return last_given(&opening->givens, name) ? own : global;
}

static bool fill_network(const struct opening *opening)
{
    const struct config *config = opening->config;
    struct section *section = opening->section;
    const struct section_settings *common = &section->common;

    section->network = (struct network){
        .proxy = own_or(opening, "proxy", common->proxy, config->proxy),
        .proxy_user = common->proxy_user,
        .no_proxy = own_or(opening, "no_proxy", common->no_proxy, config->no_proxy),
        .ca_file = own_or(opening, "ca_file", path_from(opening, "ca_file", common->ca_file), config->ca_file),
        .cert_file = "",
        .key_file = "",
        .source_address = common->source_address,
        .ip = common->ip,
    };
    if (strchr(section->network.proxy, '@'))
        secrets_add(&section->secrets, section->network.proxy);
    if (!proxy_fits(section->network.proxy))
        return wrong(opening, "proxy", "an address that begins with http://, https:// or socks5h://",
                     secrets_mask(config->arena, &section->secrets, section->network.proxy));
    if (section->network.ca_file[0] && access(section->network.ca_file, R_OK) != 0)
        return fault_set(opening->fault, FAULT_CONFIG, "%s'ca_file': cannot read '%s': %s", place(opening),
                         section->network.ca_file, strerror(errno));
    return true;
}

static void take_mistake(void *self, const char *text)
{
    struct opening *opening = self;

    if (!opening->refused)
        fault_set(opening->fault, FAULT_CONFIG, "%s%s", place(opening),
                  secrets_mask(opening->config->arena, &opening->section->secrets, text));
    opening->refused = true;
}

static void take_advice(void *self, const char *text)
{
    const struct opening *opening = self;

    if (opening->advised)
        config_add_finding(opening->advised, false, opening->section->where, "%s \"%s\": %s",
                           opening->section->channel->name, opening->section->title,
                           secrets_mask(opening->config->arena, &opening->section->secrets, text));
}

/* Options that depend on each other are the channel's business. */
static bool channel_agrees(struct opening *opening, const void *settings)
{
    const struct channel *channel = opening->section->channel;
    struct findings findings = {
        .arena = opening->config->arena, .mistake = take_mistake, .advice = take_advice, .self = opening};

    if (channel->check)
        channel->check(settings, &findings);
    return !opening->refused;
}

static void gather_givens(struct opening *opening, const struct givens *extra)
{
    const struct givens *own = &opening->section->givens;

    opening->givens.arena = opening->config->arena;
    for (size_t i = 0; i < own->count; i++)
        givens_add(&opening->givens, own->items[i].name, own->items[i].values, own->items[i].where);
    for (size_t i = 0; extra && i < extra->count; i++)
        givens_add(&opening->givens, extra->items[i].name, extra->items[i].values, extra->items[i].where);
}

static const char *environment_prefix(struct arena *arena, const struct channel *channel)
{
    return arena_print(arena, "NOTIFY_%s_", channel->name);
}

/* A fault that names no line is about the section as a whole. */
static bool fault_placed(const struct opening *opening)
{
    for (size_t i = 0; i < opening->givens.count; i++)
        if (begins_with_place(opening->fault->text, opening->givens.items[i].where))
            return false;
    if (opening->section->where[0])
        fault_in(opening->fault, "%s: %s \"%s\"", opening->section->where, opening->section->channel->name,
                 opening->section->title);
    return false;
}

static bool fill_settings(struct opening *opening, void *settings)
{
    const struct config *config = opening->config;
    struct section *section = opening->section;
    struct settings_reading reading = {.directory = config->directory,
                                       .environment = environment_prefix(config->arena, section->channel),
                                       .secrets = &section->secrets};

    section->secrets = (struct secrets){.arena = config->arena};
    if (!settings_fill(config->arena, section->channel->options, settings, &opening->givens, &reading,
                       opening->fault) ||
        !settings_fill(config->arena, section_rows, &section->common, &opening->givens, &reading, opening->fault))
        return fault_placed(opening);
    return check_common(opening) && fill_network(opening) && channel_agrees(opening, settings);
}

static void fill_pool(struct opening *opening);

static bool open_section(struct opening *opening, const struct givens *extra)
{
    struct section *section = opening->section;
    void *settings = arena_alloc(opening->config->arena, section->channel->settings_size);

    if (section->broken)
        return fault_set(opening->fault, FAULT_CONFIG, "%s", section->trouble);
    gather_givens(opening, extra);
    section->retry = section->own_retry;
    section->limits = section->own_limits;
    section->limits_by_call = false;
    if (!fill_settings(opening, settings) ||
        (extra && !config_take_block_options(opening->config, extra, section, opening->fault)))
        return false;
    section->settings = settings;
    fill_pool(opening);
    return true;
}

/* --- pools --- */

/* The first section's mentions, keyword and the like are the others', too; its credentials are not. */
static bool is_shared(const struct section *section, const struct given *given)
{
    const struct option_row *row = row_named(section->channel->options, given->name);

    return strcmp(given->name, "pool") != 0 && (!row || row->type != OPTION_TYPE_SECRET);
}

static struct section *member_of(const struct opening *opening, const struct section *named)
{
    struct arena *arena = opening->config->arena;
    struct section *member = arena_alloc(arena, sizeof(*member));

    *member = *named;
    member->givens = (struct givens){.arena = arena};
    for (size_t i = 0; i < opening->section->givens.count; i++) {
        const struct given *given = &opening->section->givens.items[i];

        if (is_shared(opening->section, given))
            givens_add(&member->givens, given->name, given->values, given->where);
    }
    for (size_t i = 0; i < named->givens.count; i++) {
        const struct given *given = &named->givens.items[i];

        if (strcmp(given->name, "pool") != 0)
            givens_add(&member->givens, given->name, given->values, given->where);
    }
    return member;
}

/* A member that cannot be used costs its share only. */
static void complain_of_member(const struct opening *opening, const char *title, const char *why)
{
    const struct given *given = last_given(&opening->givens, "pool");

    if (opening->advised)
        config_add_finding(opening->advised, true, given ? given->where : opening->section->where,
                           "'pool' names '%s': %s", title, why);
}

static void add_member(struct opening *opening, const char *title)
{
    struct section *section = opening->section;
    struct fault fault = {0};
    struct section *named = config_section(opening->config, section->channel, title, &fault);
    struct section *member;

    if (!named) {
        complain_of_member(opening, title, fault.text);
        return;
    }
    if (named == section || strcmp(named->title, section->title) == 0) {
        complain_of_member(opening, title, "that is this section itself");
        return;
    }
    member = member_of(opening, named);
    if (!config_open_section(opening->config, member, NULL, &fault)) {
        complain_of_member(opening, title, fault.text);
        return;
    }
    section->pool =
        arena_grow(opening->config->arena, section->pool, (section->pool_count + 1) * sizeof(*section->pool));
    section->pool[section->pool_count++] = member;
}

static void fill_pool(struct opening *opening)
{
    const struct text_list *titles = &opening->section->common.pool;

    opening->section->pool = NULL;
    opening->section->pool_count = 0;
    for (size_t i = 0; i < titles->count; i++)
        add_member(opening, titles->items[i]);
}

struct section *config_sender(struct section *section, const char *via)
{
    for (size_t i = 0; i < section->pool_count; i++)
        if (strcmp(section->pool[i]->title, via) == 0)
            return section->pool[i];
    return section;
}

bool config_open_section(const struct config *config, struct section *section, const struct givens *extra,
                         struct fault *fault)
{
    struct opening opening = {.config = config, .section = section, .fault = fault};

    bool plain = !extra || extra->count == 0;
    bool opened;

    if (section->opened && plain)
        return true;
    opened = open_section(&opening, extra);
    section->opened = opened && plain;
    return opened;
}

/* Templates of options, and the message template that the section names. */

static void check_template(struct config *config, const char *where, const char *text)
{
    static const struct template_names NAMES = {value_known, value_trusted, value_nearest};
    struct fault fault = {0};
    struct template *template = template_parse(config->arena, where, text, NULL, &fault);

    if (!template || !template_check(template, &NAMES, &fault))
        config_add_finding(config, true, where, "%s", without_place(fault.text, where));
}

static void check_template_row(struct config *config, const struct section *section, const struct option_row *row)
{
    const struct given *given = last_given(&section->givens, row->name);
    const char *where = given ? given->where : section->where;
    const char *field = (const char *)section->settings + row->offset;

    if (row->type == OPTION_TYPE_LIST) {
        const struct text_list *list = (const void *)field;

        for (size_t i = 0; i < list->count; i++)
            check_template(config, where, list->items[i]);
    } else {
        check_template(config, where, *(const char *const *)(const void *)field);
    }
}

static void check_message_template(struct config *config, const struct section *section)
{
    const char *name = section->common.template_name;
    const struct given *given = last_given(&section->givens, "template");
    enum language language = language_from(section->common.language);
    struct message_template template;
    struct fault fault = {0};
    bool found = false;

    if (!name[0])
        return;
    template_load(config->arena, config->templates, language == LANGUAGE_COUNT ? config->language : language, name,
                  &template, &found, &fault);
    if (!found)
        config_add_finding(config, true, given ? given->where : section->where,
                           "'template' names '%s', which is not installed in '%s': the default one is used", name,
                           config->templates);
}

static void tell_fault(struct config *config, struct section *section, const struct fault *fault)
{
    const char *text = secrets_mask(config->arena, &section->secrets, fault->text);
    const char *where = section->where;

    for (size_t i = 0; i < section->givens.count; i++)
        if (begins_with_place(text, section->givens.items[i].where))
            where = section->givens.items[i].where;
    text = without_place(text, where);
    config_add_finding(config, true, where, "%s", text);
    section->broken = true;
    section->trouble = arena_print(config->arena, "%s: %s", where, text);
}

static void check_receipts(struct config *config, const struct section *section)
{
    const struct given *given = last_given(&section->givens, "receipts");

    if (given && !(section->channel->verbs & VERB_RECEIPT))
        config_add_finding(config, false, given->where, "'receipts' says nothing here: %s has no receipts to ask for",
                           section->channel->name);
}

static void check_section(struct config *config, struct section *section)
{
    struct fault fault = {0};
    struct opening opening = {.config = config, .section = section, .advised = config, .fault = &fault};

    if (section->broken)
        return;
    if (!open_section(&opening, NULL)) {
        tell_fault(config, section, &fault);
        return;
    }
    for (const struct option_row *row = section->channel->options; row->name; row++)
        if (row->template)
            check_template_row(config, section, row);
    check_message_template(config, section);
    check_receipts(config, section);
}

void config_check_sections(struct config *config)
{
    for (size_t i = 0; i < config->section_count; i++)
        check_section(config, config->sections[i]);
}

/* Choosing a section. */

struct section *config_section_of(const struct config *config, const struct channel *channel)
{
    struct section *section = arena_alloc(config->arena, sizeof(*section));

    *section = (struct section){
        .channel = channel,
        .title = "",
        .where = "",
        .trouble = "",
        .givens = {.arena = config->arena},
        .retry = config->retry,
        .limits = config->limits,
        .storm = config->storm,
        .own_retry = config->retry,
        .own_limits = config->limits,
        .secrets = {.arena = config->arena},
    };
    return section;
}

/* Known before the section is opened, since a section that is off must not be chosen. */
static bool is_on(const struct section *section)
{
    const struct given *given = last_given(&section->givens, "enabled");

    return !given || given->values.count != 1 ||
           (strcasecmp(given->values.items[0], "no") != 0 && strcasecmp(given->values.items[0], "false") != 0);
}

static bool is_candidate(const struct section *section, const struct channel *channel)
{
    return (!channel || section->channel == channel) && is_on(section);
}

static const char *channel_name(const struct channel *channel)
{
    return channel ? channel->name : "channel";
}

static struct section *only_section(const struct config *config, const struct channel *channel, struct fault *fault)
{
    struct str titles = str_in(config->arena, 4096);
    struct section *only = NULL;
    size_t count = 0;

    for (size_t i = 0; i < config->section_count; i++) {
        if (!is_candidate(config->sections[i], channel))
            continue;
        only = config->sections[i];
        str_addf(&titles, "%s%s", count++ ? ", " : "", only->title);
    }
    if (count == 1)
        return only;
    if (count > 1)
        fault_set(fault, FAULT_CONFIG, "which %s section? name one with --profile or before the recipient: %s",
                  channel_name(channel), titles.text);
    else
        fault_set(fault, FAULT_CONFIG, "'%s' has no %s section: add %s \"TITLE\" { ... }", config->path,
                  channel_name(channel), channel_name(channel));
    return NULL;
}

static const char *nearest_title(const struct config *config, const char *title)
{
    const char **titles = arena_alloc(config->arena, (config->section_count + 1) * sizeof(*titles));

    for (size_t i = 0; i < config->section_count; i++)
        titles[i] = config->sections[i]->title;
    return name_nearest(titles, title);
}

static struct section *unknown_section(const struct config *config, const char *title, struct fault *fault)
{
    const char *nearest = nearest_title(config, title);

    if (nearest[0])
        fault_set(fault, FAULT_INPUT, "'%s' has no section \"%s\": did you mean '%s'?", config->path, title, nearest);
    else
        fault_set(fault, FAULT_INPUT, "'%s' has no section \"%s\"", config->path, title);
    return NULL;
}

struct section *config_section(const struct config *config, const struct channel *channel, const char *title,
                               struct fault *fault)
{
    if (!title[0])
        return only_section(config, channel, fault);
    for (size_t i = 0; i < config->section_count; i++) {
        struct section *section = config->sections[i];

        if (strcmp(section->title, title) != 0)
            continue;
        if (is_candidate(section, channel))
            return section;
        if (!is_on(section))
            fault_set(fault, FAULT_CONFIG, "%s: section \"%s\" is switched off: enabled = no", section->where, title);
        else
            fault_set(fault, FAULT_INPUT, "%s: \"%s\" is a section of %s, not of %s", section->where, title,
                      section->channel->name, channel->name);
        return NULL;
    }
    return unknown_section(config, title, fault);
}
