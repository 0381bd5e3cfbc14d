/* template "NAME" { host = ... }: which events get which template; see config.h. */
#include <string.h>

#include "common/config_policy.h"
#include "common/glob.h"
#include "common/template.h"

static const struct value_row TEMPLATE_ROWS[] = {
    ROW("host", LIST, struct template_rule, host, 0, 0),
    ROW("service", LIST, struct template_rule, service, 0, 0),
    ROW("item", LIST, struct template_rule, item, 0, 0),
    ROW_END,
};

static bool is_sound(const struct reading *reading, const struct template_rule *rule)
{
    if (!template_name_valid(rule->template_name)) {
        config_add_finding(reading->config, true, rule->where,
                           "a template has a name of small letters, digits and '_', not '%s'", rule->template_name);
        return false;
    }
    if (rule->host.count + rule->service.count + rule->item.count > 0)
        return true;
    config_add_finding(reading->config, true, rule->where,
                       "it does not say for what: write service = {\"disk*\"}, host = {...} or item = {...}; the "
                       "template of everything is a section's `template`");
    return false;
}

static void fill_template(struct reading *reading, cfg_t *cfg)
{
    struct config *config = reading->config;
    struct template_rule rule = {.template_name = reading->now->title, .where = reading_here(reading)};
    struct givens givens = reading_gather(reading, cfg, "");

    reading_fill(reading, TEMPLATE_ROWS, &givens, &rule);
    if (!is_sound(reading, &rule))
        return;
    config->template_rules = arena_grow(config->arena, config->template_rules,
                                        (config->template_rule_count + 1) * sizeof(*config->template_rules));
    config->template_rules[config->template_rule_count++] = rule;
}

static struct form form_of_template(const struct reading *reading)
{
    return form_of_values(reading->arena, TEMPLATE_ROWS);
}

/* One template may be wanted for several reasons. */
static const char *where_taken(const struct config *config, const char *title)
{
    (void)config;
    (void)title;
    return NULL;
}

const struct policy_statement template_statement = {
    .name = "template", .form = form_of_template, .fill = fill_template, .where_taken = where_taken, .any_title = true};

/* Asking. */

static bool item_fits(const struct template_rule *rule, const struct pairs *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        if ((strcmp(fields->items[i].name, "item") == 0 || strcmp(fields->items[i].name, "item_key") == 0) &&
            globs_fit(rule->item, fields->items[i].value))
            return true;
    return false;
}

static bool rule_fits(const struct template_rule *rule, const struct event *event)
{
    return (rule->host.count == 0 || globs_fit_either(rule->host, event->host, event->host_name)) &&
           (rule->service.count == 0 || globs_fit_either(rule->service, event->service, event->service_name)) &&
           (rule->item.count == 0 || item_fits(rule, &event->fields));
}

const struct template_rule *config_template_rule(const struct config *config, const struct event *event)
{
    for (size_t i = 0; i < config->template_rule_count; i++)
        if (rule_fits(&config->template_rules[i], event))
            return &config->template_rules[i];
    return NULL;
}
