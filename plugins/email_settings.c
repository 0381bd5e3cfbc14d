#include "plugins/email_settings.h"

#include <string.h>
#include <strings.h>

#include "common/mime.h"

static bool begins_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

static bool is_local(const char *server)
{
    return begins_with(server, "smtp://127.") || begins_with(server, "smtp://localhost") ||
           begins_with(server, "smtp://[::1]");
}

static void check_mailbox(const struct findings *findings, const char *name, const char *text)
{
    struct mailbox mailbox;
    struct fault fault = {0};

    if (!mailbox_read(findings->arena, text, FAULT_CONFIG, &mailbox, &fault))
        findings->mistake(findings->self, arena_print(findings->arena, "%s: %s", name, fault.text));
}

void email_check(const void *settings, const struct findings *findings)
{
    const struct email *self = settings;
    bool plain = begins_with(self->server, "smtp://") && strcmp(self->starttls, "never") == 0;

    if (!begins_with(self->server, "smtp://") && !begins_with(self->server, "smtps://"))
        findings->mistake(findings->self, "server must begin with smtp:// or smtps://");
    if (strchr(self->server, '@'))
        findings->mistake(findings->self, "server holds a login: give it as username and password_file");
    if ((self->username[0] != '\0') != secret_given(self->password))
        findings->mistake(findings->self, "username and password belong together: give both or none");
    if (plain && self->username[0] && !is_local(self->server))
        findings->advice(findings->self, "the password travels unencrypted: set starttls = \"required\"");
    if (!plain && begins_with(self->server, "smtp://127."))
        findings->advice(findings->self,
                         "a server on this machine seldom has a certificate for 127.0.0.1: if it offers no "
                         "STARTTLS, set starttls = \"never\"");
    check_mailbox(findings, "from", self->from);
    if (self->reply_to[0])
        check_mailbox(findings, "reply_to", self->reply_to);
}
