#include "common/confirmation.h"

#include "common/alert.h"
#include "common/identity.h"

const struct confirmation *confirmation_for(const struct config *config, const struct route *route)
{
    return route ? &route->confirm : &config->confirm;
}

int64_t confirmation_within_s(const struct confirmation *confirmation, const struct event *event)
{
    if (!confirmation->asked || event->kind != EVENT_PROBLEM || (int64_t)event->severity < confirmation->from)
        return 0;
    return confirmation->within_s[event->severity];
}

bool confirmation_asks(const struct confirmation *confirmation, const struct event *event)
{
    struct event problem = *event;

    if (event->kind != EVENT_PROBLEM && event->kind != EVENT_UPDATE && event->kind != EVENT_CUSTOM)
        return false;
    problem.kind = EVENT_PROBLEM;
    return confirmation_within_s(confirmation, &problem) > 0;
}

const char *confirmation_key_path(const struct config *config)
{
    return config->confirm.key_file;
}

const char *confirmation_url(struct arena *arena, const struct config *config, const struct confirmation *confirmation,
                             const struct event *event, int64_t now_s, struct fault *fault)
{
    const char *id = alert_id(arena, identity_problem(arena, event));
    struct link_keys keys;

    if (!confirmation->base_url[0] || !confirmation_asks(confirmation, event) ||
        !link_keys_read(arena, confirmation_key_path(config), &keys, fault))
        return "";
    return link_address(arena, confirmation->base_url,
                        link_token(arena, &keys, id, now_s + confirmation->link_valid_s));
}
