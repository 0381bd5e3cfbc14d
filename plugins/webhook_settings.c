#include "plugins/webhook_settings.h"

#include <string.h>

#include "common/sign.h"

const char *webhook_endpoint(const struct webhook *self, const struct webhook_preset *preset)
{
    return self->endpoint[0] || !preset ? self->endpoint : preset->endpoint;
}

static bool is_http(const char *address)
{
    return strncmp(address, "https://", 8) == 0 || strncmp(address, "http://", 7) == 0;
}

/* A value from an event must not choose the server that gets the token. */
static bool host_is_fixed(const char *address)
{
    const char *host = strstr(address, "://");
    const char *value = strstr(address, "{{");

    return !value || !host || host + 3 + strcspn(host + 3, "/?#") <= value;
}

static void check_signing(const struct webhook *self, const struct findings *findings)
{
    bool standard = strcmp(self->signing, "standard") == 0;
    size_t len = 0;

    if (strcmp(self->signing, "none") == 0)
        return;
    if (!secret_given(self->secret))
        findings->mistake(findings->self, "signing needs a secret: set secret_file");
    else if (standard && !webhook_secret_length(findings->arena, self->secret, &len))
        findings->mistake(findings->self, "the secret is not base64: make one with `openssl rand -base64 32`");
    else if (standard && (len < 24 || len > 64))
        findings->advice(findings->self, "Standard Webhooks ask for a secret of 24 to 64 random bytes");
    if (secret_given(self->previous_secret) &&
        !(standard && webhook_secret_length(findings->arena, self->previous_secret, &len)))
        findings->mistake(findings->self, "previous_secret is for signing = \"standard\", and base64");
    if (strcmp(self->method, "GET") == 0)
        findings->mistake(findings->self, "GET has no body to sign: set method = \"POST\" or signing = \"none\"");
}

void webhook_check(const void *settings, const struct findings *findings)
{
    const struct webhook *self = settings;
    const struct webhook_preset *preset = webhook_preset(self->preset);
    const char *endpoint = webhook_endpoint(self, preset);

    if (!is_http(endpoint))
        findings->mistake(findings->self, "endpoint is missing or does not begin with https:// or http://");
    if (!host_is_fixed(endpoint))
        findings->mistake(findings->self, "endpoint: a value cannot stand in the host's name, only in path and query");
    if (preset && (strcmp(self->method, "POST") != 0 || self->success[0]))
        findings->mistake(findings->self, "a preset knows method and success by itself: leave them out");
    if (strncmp(endpoint, "http://", 7) == 0 && secret_given(self->token))
        findings->advice(findings->self, "http:// shows the token to everybody on the way: use https://");
    for (size_t i = 0; i < self->headers.count; i++)
        if (strcspn(self->headers.items[i], ":") == 0 || !strchr(self->headers.items[i], ':'))
            findings->mistake(findings->self, "an item of headers is not \"Name: value\"");
    check_signing(self, findings);
}
