/* policy_support - a configuration from text, with three small channels, and moments written as people write them. */
#ifndef TESTS_UNIT_POLICY_SUPPORT_H
#define TESTS_UNIT_POLICY_SUPPORT_H

#include "tests/unit/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config.h"
#include "common/zone.h"

struct plain_settings {
    const char *endpoint;
};

static const struct option_row PLAIN_ROWS[] = {
    OPTION_TEXT("endpoint", struct plain_settings, endpoint, "", "address"),
    OPTION_END,
};

/* A group with mentions, letters, and telephone numbers. */
static const struct channel CHAT = {.name = "chat",
                                    .options = PLAIN_ROWS,
                                    .settings_size = sizeof(struct plain_settings),
                                    .addresses = ADDRESS_LOGIN | ADDRESS_MOBILE};
static const struct channel MAIL = {.name = "mail",
                                    .options = PLAIN_ROWS,
                                    .settings_size = sizeof(struct plain_settings),
                                    .addresses = ADDRESS_MAIL,
                                    .needs_recipient = true};
static const struct channel SMS = {.name = "sms",
                                   .options = PLAIN_ROWS,
                                   .settings_size = sizeof(struct plain_settings),
                                   .addresses = ADDRESS_MOBILE,
                                   .needs_recipient = true};
static const struct channel *const POLICY_CHANNELS[] = {&CHAT, &MAIL, &SMS, NULL};

static char policy_folder[] = "/tmp/test_policy.XXXXXX";

static inline int make_policy_folder(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    return mkdtemp(policy_folder) ? 0 : -1;
}

static inline int drop_policy_folder(void **state)
{
    (void)state;
    return rmdir(policy_folder);
}

static inline const char *policy_path(struct arena *arena, const char *name)
{
    return arena_print(arena, "%s/%s", policy_folder, name);
}

static inline void unlink_file(void *path)
{
    unlink(path);
}

/* Gone with the arena. */
static inline void policy_file(struct arena *arena, const char *name, const char *text)
{
    char *path = arena_print(arena, "%s/%s", policy_folder, name);
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0640), 0);
    arena_defer(arena, unlink_file, path);
}

static inline struct config *policy_config(struct arena *arena, const char *text)
{
    struct fault fault = {0};
    struct config *config;

    policy_file(arena, "x", text);
    config = config_load(arena, policy_path(arena, "x"), POLICY_CHANNELS, &fault);
    if (!config)
        fail_msg("%s", fault.text);
    return config;
}

/* Every finding with its line: "3 words; ". */
static inline const char *policy_findings(const struct config *config)
{
    const char *text = "";

    for (size_t i = 0; i < config->finding_count; i++) {
        const char *colon = strrchr(config->findings[i].where, ':');

        text = arena_print(config->arena, "%s%s %s; ", text, colon ? colon + 1 : "", config->findings[i].text);
    }
    return text;
}

/* "2026-02-16 09:00" in the zone. */
static inline int64_t moment_at(struct arena *arena, const char *text, const char *zone)
{
    int64_t local;

    if (!local_read(text, &local))
        fail_msg("'%s' is no time", text);
    return zone_moment(arena, local, zone);
}

#endif
