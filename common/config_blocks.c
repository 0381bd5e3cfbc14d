/* limit { ... } and retry { ... }: for all, of a section, of a route; and their values as options of a call. */
#include <string.h>

#include "common/config_reading.h"

const struct value_row limit_rows[] = {
    ROW_OPTION("per_minute", NUMBER, struct limit_policy, limits.per_minute, 0, LIMIT_MOST,
               "messages of one problem to the same people in a minute; 0 for no limit"),
    ROW_OPTION("per_hour", NUMBER, struct limit_policy, limits.per_hour, 0, LIMIT_MOST, "the same in an hour"),
    ROW_OPTION("per_day", NUMBER, struct limit_policy, limits.per_day, 0, LIMIT_MOST, "the same in a day"),
    ROW_OPTION("repeat_within", DURATION, struct limit_policy, repeat_within_s, 0, 7 * DAY,
               "how long the same words count as a repeat, which is not told: 170s; 0 tells every one"),
    ROW_OPTION("exempt", EXEMPT, struct limit_policy, exempt, 0, 0,
               "the severity from which on no limit holds anything back; none for no such"),
    ROW_END,
};

struct retry_values {
    int64_t attempts;
    int64_t delay_s;
};

const struct value_row retry_rows[] = {
    ROW_OPTION("attempts", NUMBER, struct retry_values, attempts, 1, 20,
               "tries before the next channel is taken, 1 to 20"),
    ROW_OPTION("delay", DURATION, struct retry_values, delay_s, 0, HOUR,
               "wait before the second try, doubled for each further one"),
    ROW_END,
};

struct retry_policy reading_take_retry(const struct reading *reading, const struct givens *givens,
                                       struct retry_policy policy)
{
    struct retry_values values = {.attempts = policy.attempts, .delay_s = policy.first_wait_ms / 1000};

    reading_fill(reading, retry_rows, givens, &values);
    policy.attempts = (unsigned)values.attempts;
    policy.first_wait_ms = values.delay_s * 1000;
    if (policy.most_wait_ms < policy.first_wait_ms)
        policy.most_wait_ms = policy.first_wait_ms;
    return policy;
}

/* Options of a call: the block's name, and the value's. */

static const char LIMIT[] = "limit_";
static const char RETRY[] = "retry_";

static bool is_of(const char *option, const char *block, const struct value_row *rows)
{
    size_t len = strlen(block);

    return strncmp(option, block, len) == 0 && value_row_named(rows, option + len);
}

bool config_is_block_option(const char *name)
{
    return is_of(name, LIMIT, limit_rows) || is_of(name, RETRY, retry_rows);
}

static void add_options(struct arena *arena, const char *block, const struct value_row *rows, const char **names,
                        size_t *count)
{
    for (; rows->name; rows++)
        names[(*count)++] = arena_print(arena, "%s%s", block, rows->name);
}

const char *const *config_block_options(struct arena *arena)
{
    const char **names =
        arena_alloc(arena, (sizeof(limit_rows) + sizeof(retry_rows)) / sizeof(*limit_rows) * sizeof(*names));
    size_t count = 0;

    add_options(arena, LIMIT, limit_rows, names, &count);
    add_options(arena, RETRY, retry_rows, names, &count);
    return names;
}

/* What the call says of one block, with the names that the block knows. */
static struct givens givens_of(struct arena *arena, const struct givens *options, const char *block,
                               const struct value_row *rows)
{
    struct givens givens = {.arena = arena};

    for (size_t i = 0; i < options->count; i++)
        if (is_of(options->items[i].name, block, rows))
            givens_add(&givens, options->items[i].name + strlen(block), options->items[i].values,
                       options->items[i].where);
    return givens;
}

bool config_take_block_options(const struct config *config, const struct givens *options, struct section *section,
                               struct fault *fault)
{
    struct config findings = *config; /* a wrong option is the call's fault, not a finding of the configuration */
    struct reading reading = {.config = &findings, .arena = config->arena};
    struct givens limit = givens_of(config->arena, options, LIMIT, limit_rows);
    struct givens retry = givens_of(config->arena, options, RETRY, retry_rows);

    findings.findings = NULL;
    findings.finding_count = 0;
    reading_fill(&reading, limit_rows, &limit, &section->limits);
    section->retry = reading_take_retry(&reading, &retry, section->retry);
    section->limits_by_call = limit.count > 0;
    return findings.finding_count == 0 ||
           fault_set(fault, FAULT_CONFIG, "%s: %s", findings.findings[0].where, findings.findings[0].text);
}
