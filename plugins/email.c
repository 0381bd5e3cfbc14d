/*
 * Mail through a server that relays it: one transaction a recipient, so that each has its own answer.
 *
 * RFC 5321 (SMTP), 3463 (enhanced codes), 3834 (Auto-Submitted), 5322 (threads). X-Auto-Response-Suppress is Exchange's,
 * MS-OXCMAIL 2.1.3.2.20; not "All", which would hold back reports that a mail could not be delivered.
 */
#include <string.h>
#include <strings.h>

#include "common/channel.h"
#include "common/hash.h"
#include "common/letter.h"
#include "common/mime.h"
#include "common/smtp_reply.h"
#include "common/str.h"

enum { MAIL_MOST = 512 * 1024, HASH_BYTES = 8, DAY_S = 86400 };

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

static void check(const void *settings, const struct findings *findings)
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

static const char *hash_of(struct arena *arena, const char *text)
{
    struct digest digest = hash_sha256(text, strlen(text));

    digest.size = HASH_BYTES;
    return digest_hex(arena, &digest);
}

/*
 * All mails about one problem to one person hang on the same id, which needs no memory of what was sent: mail programs
 * make a thread of them. Only a problem that is known to be told for the first time has this id itself. Every other mail
 * has its own, for servers drop a second mail with the same id, and reminders would be lost; a repeated attempt has the
 * same one for just that reason.
 */
static void add_thread(struct str *out, const struct message *message, const struct mailbox *from,
                       const struct mailbox *to)
{
    struct arena *arena = out->arena;
    const char *root = arena_print(arena, "np.%s.%s", hash_of(arena, message->problem_id), hash_of(arena, to->address));
    const char *domain = mailbox_domain(from);

    if (message->kind == EVENT_PROBLEM && strcmp(message->event->notification_number, "1") == 0) {
        str_addf(out, "Message-ID: <%s@%s>\r\n", root, domain);
        return;
    }
    str_addf(out, "Message-ID: <%s.%s.%s@%s>\r\n", root, event_kind_name(message->kind), hash_of(arena, message->id),
             domain);
    if (message->kind != EVENT_NOTE)
        str_addf(out, "In-Reply-To: <%s@%s>\r\nReferences: <%s@%s>\r\n", root, domain, root, domain);
}

/* The event's subject without the state at its end, which compose() adds when the source gave none; with the host. */
static const char *subject_of(struct arena *arena, const struct message *message)
{
    const struct event *event = message->event;
    const char *core = event->subject[0] ? event->subject : message->title;
    size_t len = strlen(core);
    size_t state_len = strlen(event->state);

    if (event->host[0] && state_len > 0 && len > state_len + 1 && begins_with(core, event->host) &&
        core[len - state_len - 1] == ' ' && strcmp(core + len - state_len, event->state) == 0)
        core = arena_copy(arena, core, len - state_len - 1);
    if (event->host[0] && !strstr(core, event->host))
        core = arena_print(arena, "%s %s", core, event->host);
    return arena_print(arena, "[%s] %s", message->level, core);
}

static void add_importance(struct str *out, const struct message *message)
{
    enum mood mood = message_mood(message);

    if (mood >= MOOD_CRITICAL)
        str_add(out, "X-Priority: 1\r\nImportance: high\r\n");
    else if (mood == MOOD_ERROR)
        str_add(out, "X-Priority: 2\r\nImportance: high\r\n");
}

static void add_parts(struct str *out, const struct email *self, const struct intent *intent, struct request *request)
{
    const struct message *message = intent->message;
    struct mime_part parts[] = {
        {"text/plain", letter_plain(out->arena,             message, intent->repeat)     },
        {"text/html",  self->html ? letter_html(out->arena, message, intent->repeat) : ""},
    };

    if (self->html)
        request_measure(request, "HTML", parts[1].text, LETTER_HTML_MOST, UNIT_BYTES);
    mime_alternative(out, hash_of(out->arena, message->id), parts, self->html ? 2 : 1);
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
    mime_header(&text, "Subject", subject_of(request->arena, message));
    mime_header(&text, "Date", mime_date(request->arena, moment->wall_ms / 1000));
    add_thread(&text, message, &from, &to);
    str_add(&text, "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n");
    if (self->importance)
        add_importance(&text, message);
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
    .example = "--server smtp://127.0.0.1:25 --starttls never --from monitor@example.com --to zhang@example.com "
               "--subject 'disk full' --message '/data 95%'",
    .options = OPTIONS,
    .settings_size = sizeof(struct email),
    .verbs = VERB_SEND,
    .addresses = ADDRESS_MAIL,
    .recipients_in_request = 1,
    .needs_recipient = true,
    .recipient_limits = {.per_minute = 30},
    .expires_s = DAY_S,
    .check = check,
    .build = build,
    .classify = classify,
};
