#include "common/config_policy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/template.h"

static const struct value_row GLOBAL_ROWS[] = {
    ROW("state", PATH, struct config, state, 0, 0),         /* directory of the store */
    ROW("templates", PATH, struct config, templates, 0, 0), /* directory of the message templates */
    ROW("language", LANGUAGE, struct config, language, 0, 0),
    ROW("timezone", ZONE, struct config, timezone, 0, 0), /* of the times in messages */
    ROW("proxy", TEXT, struct config, proxy, 0, 0),       /* these three: for sections that say nothing else */
    ROW("no_proxy", TEXT, struct config, no_proxy, 0, 0),
    ROW("ca_file", PATH, struct config, ca_file, 0, 0),        /* PEM */
    ROW("heartbeat", ADDRESS, struct config, heartbeat, 0, 0), /* asked by the worker every so often */
    ROW("heartbeat_every", DURATION, struct config, heartbeat_every_s, 10, DAY),
    ROW_END,
};

static const struct value_row STORM_ROWS[] = {
    ROW("problems", NUMBER, struct storm_policy, problems, 0, LIMIT_MOST),
    ROW("within", DURATION, struct storm_policy, within_s, 1, HOUR),
    ROW_END,
};

/* `within` is every severity's that has no row of its own. */
struct confirm_values {
    struct confirmation confirm;
    int64_t within_s;
};

const struct value_row confirm_rows[] = {
    ROW("base_url", ADDRESS, struct confirm_values, confirm.base_url, 0, 0),
    ROW("within", DURATION, struct confirm_values, within_s, 0, 7 * DAY),
    ROW("error", DURATION, struct confirm_values, confirm.within_s[SEVERITY_ERROR], 0, 7 * DAY),
    ROW("critical", DURATION, struct confirm_values, confirm.within_s[SEVERITY_CRITICAL], 0, 7 * DAY),
    ROW("emergency", DURATION, struct confirm_values, confirm.within_s[SEVERITY_EMERGENCY], 0, 7 * DAY),
    ROW("from", SEVERITY, struct confirm_values, confirm.from, 0, 0),
    ROW("key_file", PATH, struct confirm_values, confirm.key_file, 0, 0),
    ROW("link_valid", DURATION, struct confirm_values, confirm.link_valid_s, HOUR, 90 * DAY),
    ROW("remind", DURATION, struct confirm_values, confirm.remind_s, 0, 7 * DAY),
    ROW("listen", TEXT, struct confirm_values, confirm.listen, 0, 0),
    ROW("user_header", TEXT, struct confirm_values, confirm.user_header, 0, 0),
    ROW_END,
};

static const struct value_row OPERATOR_ROWS[] = {
    ROW("channels", LIST, struct operator_contact, channels, 0, 0),
    ROW("to", LIST, struct operator_contact, to, 0, 0),
    ROW("daily", CLOCK, struct operator_contact, daily_s, 0, 0),
    ROW_END,
};

static const char *const BLOCK_NAMES[] = {"retry", "limit", "storm", "confirm", "operator", "monitor", "include", NULL};

/* Blocks. */

void reading_take_confirm(const struct reading *reading, const struct givens *givens, struct confirmation *confirmation)
{
    struct confirm_values values = {.confirm = *confirmation, .within_s = confirmation->within_s[SEVERITY_INFO]};

    values.confirm.asked = confirmation->asked || givens->count > 0;
    if (given_named(givens, "within"))
        for (size_t i = 0; i < SEVERITY_COUNT; i++)
            values.confirm.within_s[i] = -1;
    reading_fill(reading, confirm_rows, givens, &values);
    for (size_t i = 0; i < SEVERITY_COUNT; i++)
        if (values.confirm.within_s[i] < 0)
            values.confirm.within_s[i] = values.within_s;
    *confirmation = values.confirm;
}

static void take_block(const struct reading *reading, const char *name, const struct givens *givens)
{
    struct config *config = reading->config;

    if (strcmp(name, "retry") == 0)
        config->retry = reading_take_retry(reading, givens, config->retry);
    else if (strcmp(name, "limit") == 0)
        reading_fill(reading, limit_rows, givens, &config->limits);
    else if (strcmp(name, "storm") == 0)
        reading_fill(reading, STORM_ROWS, givens, &config->storm);
    else if (strcmp(name, "operator") == 0)
        reading_fill(reading, OPERATOR_ROWS, givens, &config->operator);
    else if (givens->count > 0)
        reading_take_confirm(reading, givens, &config->confirm);
    else
        config_add_finding(config, false, reading_here(reading),
                           "'confirm' is empty: nobody is asked; write base_url, or within = \"30m\"");
}

static const struct value_row *rows_of_block(const char *name)
{
    static const struct {
        const char *name;
        const struct value_row *rows;
    } BLOCKS[] = {
        {"retry",    retry_rows   },
        {"limit",    limit_rows   },
        {"storm",    STORM_ROWS   },
        {"confirm",  confirm_rows },
        {"operator", OPERATOR_ROWS}
    };

    for (size_t i = 0; i < sizeof(BLOCKS) / sizeof(*BLOCKS); i++)
        if (strcmp(BLOCKS[i].name, name) == 0)
            return BLOCKS[i].rows;
    return NULL;
}

static bool is_first(struct reading *reading)
{
    const struct given *before = given_named(&reading->seen, reading->now->name);

    if (!before) {
        givens_add(&reading->seen, reading->now->name, (struct text_list){0}, reading_here(reading));
        return true;
    }
    config_add_finding(reading->config, true, reading_here(reading),
                       "'%s' is set already at %s, which counts: keep one of them", before->name, before->where);
    return false;
}

static void read_block(struct reading *reading, const struct value_row *rows)
{
    const char *name = reading->now->name;
    struct form inside = form_of_values(reading->arena, rows);
    struct form form = {.arena = reading->arena};
    struct parsed parsed;
    struct givens givens;

    if (!reading_has_shape(reading, SHAPE_SECTION, arena_print(reading->arena, "%s { ... }", name)) ||
        !is_first(reading))
        return;
    form_add_block(&form, name, &inside, false);
    if (!reading_parse(reading, &form, &parsed))
        return;
    givens = reading_gather(reading, parsed_block(parsed.cfg, name), "");
    take_block(reading, name, &givens);
}

static void read_global(struct reading *reading, const struct value_row *row)
{
    struct form form = {.arena = reading->arena};
    struct givens givens = {.arena = reading->arena};
    struct parsed parsed;

    if (!reading_has_shape(reading, SHAPE_VALUE, arena_print(reading->arena, "%s = VALUE", row->name)) ||
        !is_first(reading))
        return;
    form_add_name(&form, row->name, false);
    if (!reading_parse(reading, &form, &parsed))
        return;
    givens_add(&givens, row->name, parsed_values(reading->arena, parsed.cfg, row->name), reading_here(reading));
    reading_fill(reading, GLOBAL_ROWS, &givens, reading->config);
}

static struct section *section_titled(const struct config *config, const char *title)
{
    for (size_t i = 0; i < config->section_count; i++)
        if (strcmp(config->sections[i]->title, title) == 0)
            return config->sections[i];
    return NULL;
}

/* Sections. */

static struct section *add_section(const struct reading *reading, const struct channel *channel)
{
    struct config *config = reading->config;
    struct section *section = config_section_of(config, channel);

    section->title = reading->now->title;
    section->where = reading_here(reading);
    config->sections =
        arena_grow(config->arena, config->sections, (config->section_count + 1) * sizeof(*config->sections));
    config->sections[config->section_count++] = section;
    return section;
}

static void break_section(const struct reading *reading, struct section *section, int line, const char *why)
{
    section->broken = true;
    section->trouble = arena_print(reading->arena, "%s: %s", reading_at(reading, line), why);
}

static void fill_section(struct reading *reading, struct section *section, cfg_t *cfg)
{
    struct givens retry = reading_gather(reading, parsed_block(cfg, "retry"), "retry");
    struct givens limit = reading_gather(reading, parsed_block(cfg, "limit"), "limit");
    size_t findings;

    section->retry = reading_take_retry(reading, &retry, section->retry);
    reading_fill(reading, limit_rows, &limit, &section->limits);
    section->own_retry = section->retry;
    section->own_limits = section->limits;
    findings = reading->config->finding_count; /* with wrong limits the global ones hold, and the section works */
    section->givens = reading_gather(reading, cfg, "");
    reading_find_doubles(reading, section->channel->options, &section->givens);
    reading_find_doubles(reading, section_rows, &section->givens);
    if (reading->config->finding_count > findings) {
        const struct finding *first = &reading->config->findings[findings];

        section->broken = true;
        section->trouble = arena_print(reading->arena, "%s: %s", first->where, first->text);
    }
    reading_check_secrets(reading, section->channel->options, &section->givens);
    reading_check_secrets(reading, section_rows, &section->givens);
}

static struct form form_of_section(struct arena *arena, const struct channel *channel)
{
    struct form retry = form_of_values(arena, retry_rows);
    struct form limit = form_of_values(arena, limit_rows);
    struct form form = {.arena = arena};

    form_add_options(&form, channel->options);
    form_add_options(&form, section_rows);
    form_add_block(&form, "retry", &retry, false);
    form_add_block(&form, "limit", &limit, false);
    return form;
}

/* A section that cannot be read is still known by its title: who wants to use it hears why it does not work. */
static void read_section(struct reading *reading, const struct channel *channel)
{
    const char *name = reading->now->name;
    const struct section *other = section_titled(reading->config, reading->now->title);
    struct form inside = form_of_section(reading->arena, channel);
    struct form form = {.arena = reading->arena};
    struct section *section;
    struct parsed parsed;

    if (!reading_has_shape(reading, SHAPE_SECTION, arena_print(reading->arena, "%s \"TITLE\" { ... }", name)) ||
        !reading_title_fits(reading) || !reading_title_is_free(reading, other ? other->where : NULL))
        return;
    section = add_section(reading, channel);
    form_add_block(&form, name, &inside, true);
    if (reading_parse(reading, &form, &parsed))
        fill_section(reading, section, parsed_block(parsed.cfg, name));
    else
        break_section(reading, section, parsed.line, parsed.complaint);
}

/* Statements. */

static const struct channel *channel_named(const struct reading *reading, const char *name)
{
    for (size_t i = 0; reading->channels[i]; i++)
        if (strcmp(reading->channels[i]->name, name) == 0)
            return reading->channels[i];
    return NULL;
}

static void tell_unknown(const struct reading *reading)
{
    struct form form = {.arena = reading->arena};

    for (size_t i = 0; reading->channels[i]; i++)
        form_add_name(&form, reading->channels[i]->name, false);
    form_add_values(&form, GLOBAL_ROWS);
    for (size_t i = 0; BLOCK_NAMES[i]; i++)
        form_add_name(&form, BLOCK_NAMES[i], false);
    policy_add_names(&form);
    config_add_finding(reading->config, true, reading_here(reading), "this version does not know '%s': %s",
                       reading->now->name, form_suggestion(&form, reading->now->name));
}

/* What could not be cut out, or must not be used. A channel's section is remembered as broken. */
static void tell_unusable(const struct reading *reading, int line, const char *why)
{
    const struct statement *now = reading->now;
    const struct channel *channel = channel_named(reading, now->name);

    if (!now->source->others_write)
        config_add_finding(reading->config, true, reading_at(reading, line), "%s", why);
    if (channel && now->title[0] && !title_trouble(reading->arena, now->title)[0] &&
        !section_titled(reading->config, now->title))
        break_section(reading, add_section(reading, channel), line, why);
}

static void read_statement(struct reading *reading)
{
    const struct statement *now = reading->now;
    const struct channel *channel = channel_named(reading, now->name);

    if (now->mistake[0])
        tell_unusable(reading, now->mistake_line, now->mistake);
    else if (now->source->others_write)
        tell_unusable(reading, now->line, "every user of this machine may write this file: chmod 0640 it");
    else if (channel)
        read_section(reading, channel);
    else if (strcmp(now->name, "include") == 0)
        reading_has_shape(reading, SHAPE_NONE, "include(\"conf.d/*.conf\")");
    else if (policy_read(reading) || reading_take_monitor(reading))
        return;
    else if (rows_of_block(now->name))
        read_block(reading, rows_of_block(now->name));
    else if (value_row_named(GLOBAL_ROWS, now->name))
        read_global(reading, value_row_named(GLOBAL_ROWS, now->name));
    else
        tell_unknown(reading);
}

/* The whole. */

static void check_modes(struct config *config, const struct statements *statements)
{
    for (size_t i = 0; i < statements->source_count; i++) {
        const struct source_file *source = statements->sources[i];

        if (source->others_write)
            config_add_finding(
                config, true, source->path,
                "every user of this machine may write this file, so nothing in it is used: chmod 0640 '%s'",
                source->path);
        else if (source->group_writes)
            config_add_finding(config, false, source->path, "its group may write this file: chmod g-w '%s'",
                               source->path);
    }
}

static void check_operator(struct config *config, const char *where)
{
    config_check_channels(config, where, "'operator'", &config->operator.channels);
    config_check_people(config, where, "'operator'", &config->operator.to);
}

/* Sections, routes and calendars begin with these, wherever they stand in the file. */
static bool is_inherited(const struct statement *statement)
{
    return strcmp(statement->name, "retry") == 0 || strcmp(statement->name, "limit") == 0 ||
           strcmp(statement->name, "storm") == 0 || strcmp(statement->name, "confirm") == 0 ||
           strcmp(statement->name, "timezone") == 0;
}

static void read_those(struct reading *reading, const struct statements *statements, bool inherited)
{
    for (size_t i = 0; i < statements->count; i++) {
        reading->now = &statements->items[i];
        if (is_inherited(reading->now) == inherited)
            read_statement(reading);
    }
}

static void read_statements(struct reading *reading, const struct statements *statements)
{
    const struct given *operator;

    read_those(reading, statements, true);
    read_those(reading, statements, false);
    operator= given_named(&reading->seen, "operator");
    if (operator)
        check_operator(reading->config, operator->where);
    policy_check_names(reading->config);
}

struct config *config_none(struct arena *arena)
{
    struct config *config = arena_alloc(arena, sizeof(*config));

    *config = (struct config){
        .arena = arena,
        .shelf = arena_alloc(arena, sizeof(*config->shelf)),
        .path = "",
        .directory = "",
        .state = "/var/lib/notification-plugins",
        .templates = NOTIFY_DATADIR "/templates",
        .language = LANGUAGE_EN,
        .timezone = "",
        .retry = retry_default,
        .limits = {.limits = {.per_minute = 5, .per_hour = 20, .per_day = 100},
                   .repeat_within_s = 170,
                   .exempt = 1U << SEVERITY_EMERGENCY},
        .heartbeat = "",
        .heartbeat_every_s = MINUTE,
        .confirm = { .base_url = "",
                   .from = SEVERITY_ERROR,
                   .key_file = "/etc/notification-plugins/confirm.key",
                   .link_valid_s = 7 * DAY,
                   .remind_s = 4 * HOUR,
                   .listen = "127.0.0.1:8025",
                   .user_header = ""},
        .proxy = "",
        .no_proxy = "",
        .ca_file = "",
    };
    config->storm = (struct storm_policy){.problems = 30, .within_s = MINUTE};
    config->operator.daily_s = - 1;
    for (size_t i = 0; i < SEVERITY_COUNT; i++)
        config->confirm.within_s[i] = 30 * MINUTE;
    config->confirm.within_s[SEVERITY_CRITICAL] = 15 * MINUTE;
    config->confirm.within_s[SEVERITY_EMERGENCY] = 5 * MINUTE;
    config->shelf->arena = arena;
    return config;
}

static void tell_remedy(const char *path, struct fault *fault)
{
    if (access(path, R_OK) == 0)
        return;
    if (errno == ENOENT)
        fault_set(fault, FAULT_CONFIG,
                  "there is no configuration file '%s': copy " NOTIFY_DATADIR
                  "/notification.conf there and fill it in, or name another with --config",
                  path);
    else if (errno == EACCES)
        fault_set(
            fault, FAULT_CONFIG,
            "this user may not read '%s': put it into the file's group (usermod -aG notification-secrets USER) and "
            "restart its daemon",
            path);
}

struct config *config_load(struct arena *arena, const char *path, const struct channel *const *channels,
                           struct fault *fault)
{
    struct statements statements = {.arena = arena};
    struct config *config = config_none(arena);
    struct reading reading = {.config = config, .arena = arena, .channels = channels, .seen = {.arena = arena}};

    config->path = path;
    config->directory = directory_of(arena, path);
    config->confirm.key_file = arena_print(arena, "%s/confirm.key", config->directory);
    if (!statements_read(&statements, path, fault)) {
        tell_remedy(path, fault);
        return NULL;
    }
    check_modes(config, &statements);
    read_statements(&reading, &statements);
    return config;
}
