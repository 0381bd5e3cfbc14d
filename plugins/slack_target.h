/*
 * slack_target - where one request goes: a channel, a person mentioned in it, an earlier message.
 *
 * A recipient that begins with U or W is a person, mentioned in the section's channel; "here" and "channel" call those who are
 * there or all; every other recipient is a channel to write to.
 */
#ifndef PLUGINS_SLACK_TARGET_H
#define PLUGINS_SLACK_TARGET_H

#include "common/fault.h"
#include "common/message.h"

struct slack_target {
    const char *channel; /* "" for a webhook */
    const char *ts;      /* of the message to change or to answer */
    const char *mention; /* "<@U012AB3CD>" */
};

/* `channel` is the section's. FAULT_CONFIG when a webhook should write elsewhere, or no channel is known. */
bool slack_target(bool bot, const char *channel, const struct intent *intent, struct arena *arena,
                  struct slack_target *target, struct fault *fault);

void slack_write_target(struct json_object *doc, const struct slack_target *target, enum verb verb);

#endif
