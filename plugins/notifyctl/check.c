/* notifyctl check: everything that can be found wrong before the night comes. */
#include "plugins/notifyctl/notifyctl.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/calendar_cache.h"
#include "common/confirmation.h"
#include "common/monitor.h"
#include "common/policy.h"
#include "common/store.h"
#include "common/template.h"
#include "common/values.h"
#include "plugins/channels.h"

/* The daemon that will run the plugins may see less than root does. */
static bool become(const char *name, struct fault *fault)
{
    const struct passwd *user = getpwnam(name);

    if (!user)
        return fault_set(fault, FAULT_USAGE, "there is no user '%s' on this machine", name);
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot become '%s': %s; run this as root", name, strerror(errno));
    return true;
}

static void check_template(struct config *config, enum language language, const char *name)
{
    static const struct template_names NAMES = {value_known, value_trusted, value_nearest};
    struct message_template template;
    struct fault fault = {0};
    bool found;

    if (!template_load(config->arena, config->templates, language, name, &template, &found, &fault) ||
        !template_check(template.title, &NAMES, &fault) || !template_check(template.text, &NAMES, &fault))
        config_add_finding(config, true, config->templates, "%s", fault.text);
}

/* Every installed template, not only those that a section names: an event may ask for any. */
static void check_templates(struct config *config)
{
    for (enum language language = LANGUAGE_EN; language < LANGUAGE_COUNT; language++) {
        const char *path = arena_print(config->arena, "%s/%s", config->templates, language_name(language));
        DIR *directory = opendir(path);
        struct dirent *entry;

        if (!directory) {
            config_add_finding(config, true, path, "cannot be read: %s; reinstall the package or set `templates`",
                               strerror(errno));
            continue;
        }
        while ((entry = readdir(directory))) {
            const char *end = strstr(entry->d_name, ".mustache");

            if (end && end[strlen(".mustache")] == '\0')
                check_template(config, language,
                               arena_copy(config->arena, entry->d_name, (size_t)(end - entry->d_name)));
        }
        closedir(directory);
    }
}

/* Without a store messages go out, but without limits, outbox and history. */
static void check_store(struct operation *operation, struct config *config)
{
    struct fault fault = {0};
    bool renewed = false;
    struct store *store = store_open(operation->arena, config->state, STORE_PATIENCE_MS, &renewed, &fault);

    if (!store)
        config_add_finding(config, true, config->state, "%s", fault.text);
    else if (renewed)
        config_add_finding(config, false, config->state, "the store was corrupt: it was set aside and begun anew");
    if (store)
        calendar_cache_fill(config, store, world_wall_ms(&operation->world) / 1000);
}

/* --- confirmations --- */

/* What is asked of people, over all routes. */
struct asked {
    bool somewhere;
    bool linked;   /* somewhere with a page */
    bool stepless; /* somewhere without steps of its own */
};

static void add_asked(struct asked *asked, const struct confirmation *confirmation, size_t step_count)
{
    asked->linked = asked->linked || confirmation->base_url[0];
    asked->somewhere = asked->somewhere || confirmation->asked;
    asked->stepless = asked->stepless || (confirmation->asked && step_count == 0);
}

static bool has_pocket_section(const struct config *config)
{
    for (size_t i = 0; i < config->section_count; i++)
        if (config->sections[i]->channel->never_repeats)
            return true;
    return false;
}

/* A block that is filled in by half asks people for what they cannot do, or threatens what cannot happen. */
static void check_confirmations(const struct operation *operation, struct config *config)
{
    struct asked asked = {0};
    struct link_keys keys;
    struct fault fault = {0};

    add_asked(&asked, confirmation_for(config, NULL), 0);
    for (size_t i = 0; i < config->route_count; i++)
        add_asked(&asked, confirmation_for(config, config->routes[i]), config->routes[i]->step_count);
    if (asked.linked && !link_keys_read(operation->arena, confirmation_key_path(config), &keys, &fault))
        config_add_finding(config, true, config->path, "confirm: %s", fault.text);
    if (asked.somewhere && !asked.linked)
        config_add_finding(config, false, config->path,
                           "confirm: without base_url messages have no link; people can take a problem in the "
                           "monitoring system, or by `notifyctl confirm`");
    if (asked.stepless && config->operator.channels.count == 0 && !has_pocket_section(config))
        config_add_finding(
            config, false, config->path,
            "confirm: nobody can be called in when nobody takes a problem: give its route escalate {...}, "
            "or name an operator");
}

static size_t print_findings(const struct config *config)
{
    size_t mistakes = 0;

    for (size_t i = 0; i < config->finding_count; i++) {
        const struct finding *finding = &config->findings[i];

        printf("%s: %s: %s\n", finding->where, finding->mistake ? "mistake" : "advice", finding->text);
        mistakes += finding->mistake;
    }
    return mistakes;
}

static size_t count_usable(const struct config *config)
{
    size_t usable = 0;

    for (size_t i = 0; i < config->section_count; i++)
        usable += !config->sections[i]->broken;
    return usable;
}

int command_check(struct operation *operation)
{
    struct config *config = operation->config;
    struct fault fault = {0};
    size_t mistakes;

    if (operation->argc == 3 && strcmp(operation->argv[1], "--as") == 0) {
        if (!become(operation->argv[2], &fault) ||
            !(config = config_load(operation->arena, operation->config_path, channels_all, &fault))) {
            fprintf(stderr, "NP-CONFIG notifyctl check: %s\n", fault.text);
            return fault_exit_status(&fault);
        }
    } else if (operation->argc != 1) {
        return usage(operation, "no argument, or --as USER");
    }
    config_check_sections(config);
    config_check_monitors(config);
    check_templates(config);
    policy_check(config, world_wall_ms(&operation->world) / 1000);
    check_store(operation, config);
    check_confirmations(operation, config);
    mistakes = print_findings(config);
    printf("%s: %zu of %zu sections usable, %zu mistake%s\n", config->path, count_usable(config), config->section_count,
           mistakes, mistakes == 1 ? "" : "s");
    return mistakes ? 2 : 0;
}
