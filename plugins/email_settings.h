/* email_settings - the settings of the mail channel, and what is wrong with them. */
#ifndef PLUGINS_EMAIL_SETTINGS_H
#define PLUGINS_EMAIL_SETTINGS_H

#include "common/channel.h"

struct email {
    const char *server;
    const char *from;
    const char *starttls;
    const char *username;
    struct secret password;
    const char *reply_to;
    bool html;
    bool importance;
};

void email_check(const void *settings, const struct findings *findings);

#endif
