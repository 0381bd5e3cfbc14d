/* webhook_settings - a webhook's settings, and what is wrong with them. */
#ifndef PLUGINS_WEBHOOK_SETTINGS_H
#define PLUGINS_WEBHOOK_SETTINGS_H

#include "common/channel.h"
#include "plugins/webhook_presets.h"

struct webhook {
    const char *preset;
    const char *endpoint;
    const char *method;
    struct text_list headers;
    const char *body_template;
    const char *content_type;
    const char *signing;
    struct secret secret;
    struct secret previous_secret;
    struct secret token;
    const char *success;
};

/* The section's own address, else the preset's. */
const char *webhook_endpoint(const struct webhook *self, const struct webhook_preset *preset);

void webhook_check(const void *settings, const struct findings *findings);

#endif
