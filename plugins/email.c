/*
 * Mail through a server that relays it: one transaction a recipient, so that each has its own answer.
 *
 * RFC 5321 (SMTP), 3463 (enhanced codes), 3834 (Auto-Submitted), 5322 (threads). X-Auto-Response-Suppress is Exchange's,
 * MS-OXCMAIL 2.1.3.2.20; not "All", which would hold back reports that a mail could not be delivered.
 */
#include <string.h>

#include "common/channel.h"
#include "common/letter.h"
#include "common/mime.h"
#include "common/smtp_reply.h"
#include "common/str.h"
#include "plugins/email_headers.h"
#include "plugins/email_settings.h"

enum { MAIL_MOST = 512 * 1024, DAY_S = 86400 };

static const struct option_row OPTIONS[] = {
    OPTION_TEXT("server", struct email, server, "smtp://127.0.0.1:25",
                "smtp://HOST:PORT or smtps://HOST:PORT; after a slash the name to greet with"),
    OPTION_TEXT("from", struct email, from, MANDATORY, "sender: monitor@example.com, or Name <monitor@example.com>"),
    OPTION_CHOICE("starttls", struct email, starttls, "required", "required never",
                  "encryption with smtp://; never is for a server on this machine"),
    OPTION_TEXT("username", struct email, username, "", "login at the server"),
    OPTION_SECRET("password", struct email, password, "", "password of the login"),
    OPTION_TEXT("reply_to", struct email, reply_to, "", "where answers go, when not to the sender"),
    OPTION_FLAG("html", struct email, html, "yes", "a formatted page beside the plain text"),
    OPTION_FLAG("importance", struct email, importance, "yes", "mark error and worse as important"),
    OPTION_END,
};

static void add_parts(struct str *out, const struct email *self, const struct intent *intent, struct request *request)
{
    const struct message *message = intent->message;
    struct mime_part parts[] = {
        {"text/plain", letter_plain(out->arena,             message, intent->repeat)     },
        {"text/html",  self->html ? letter_html(out->arena, message, intent->repeat) : ""},
    };

    if (self->html)
        request_measure(request, "HTML", parts[1].text, LETTER_HTML_MOST, UNIT_BYTES);
    mime_alternative(out, email_hash(out->arena, message->id), parts, self->html ? 2 : 1);
}

static bool build(const void *settings, const struct intent *intent, const struct moment *moment,
                  struct request *request, struct fault *fault)
{
    const struct email *self = settings;
    const struct message *message = intent->message;
    struct str text = str_in(request->arena, MAIL_MOST);
    struct mail *mail = arena_alloc(request->arena, sizeof(*mail));
    struct mailbox from, to, reply_to = {0};

    if (intent->recipient_count == 0)
        return fault_set(fault, FAULT_INPUT, "no recipient: name one, or set `to` in the section");
    if (!mailbox_read(request->arena, self->from, FAULT_CONFIG, &from, fault) ||
        !mailbox_read(request->arena, intent->recipients[0], FAULT_INPUT, &to, fault) ||
        (self->reply_to[0] && !mailbox_read(request->arena, self->reply_to, FAULT_CONFIG, &reply_to, fault)))
        return false;
    mime_mailbox_header(&text, "From", &from);
    mime_mailbox_header(&text, "To", &to);
    if (self->reply_to[0])
        mime_mailbox_header(&text, "Reply-To", &reply_to);
    mime_header(&text, "Subject", email_subject(request->arena, message));
    mime_header(&text, "Date", mime_date(request->arena, moment->wall_ms / 1000));
    email_add_thread(&text, message, &from, &to);
    str_add(&text, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n");
    if (self->importance)
        email_add_importance(&text, message);
    add_parts(&text, self, intent, request);
    if (!str_fits(&text))
        return fault_set(fault, FAULT_INPUT, "the mail is longer than %d bytes", MAIL_MOST);
    *mail = (struct mail){.from = from.address,
                          .to = to.address,
                          .user = self->username,
                          .password = self->password,
                          .tls = strcmp(self->starttls, "never") == 0 ? TLS_NEVER : TLS_REQUIRED};
    request->url = self->server;
    request->mail = mail;
    request->body = text.text;
    request->body_len = text.len;
    return true;
}

static void classify(const void *settings, const struct intent *intent, const struct response *response,
                     struct verdicts *verdicts)
{
    (void)settings;
    smtp_judge(response, intent->recipients[0], verdicts);
}

const struct channel channel_email = {
    .name = "email",
    .summary = "mail through an SMTP server",
    .example = "--server smtp://127.0.0.1:25 --starttls never --from monitor@example.com --to zhang@example.com",
    .options = OPTIONS,
    .settings_size = sizeof(struct email),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MAIL,
    .recipients_in_request = 1,
    .needs_recipient = true,
    .recipient_limits = {.per_minute = 30},
    .expires_s = DAY_S,
    .check = email_check,
    .build = build,
    .classify = classify,
};
