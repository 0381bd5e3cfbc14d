#include "plugins/sandbox/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/hash.h"
#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/mail.h"

static void say(struct smtp *smtp, const char *line)
{
    str_addf(&smtp->out, "%s\r\n", line);
}

struct smtp smtp_session(struct arena *arena, struct stand *stand)
{
    struct smtp smtp = {
        .arena = arena,
        .stand = stand,
        .user = "",
        .from = "",
        .line = str_in(arena, SMTP_LINE_MOST),
        .mail = str_in(arena, SMTP_MAIL_MOST),
        .out = str_in(arena, SMTP_MAIL_MOST),
    };

    say(&smtp, "220 sandbox.invalid ESMTP notify_sandbox");
    return smtp;
}

static void empty(struct str *str)
{
    str->len = 0;
    str->text[0] = '\0';
    str->cut = false;
}

static void forget_mail(struct smtp *smtp)
{
    smtp->from = "";
    smtp->recipients.count = 0;
    empty(&smtp->mail);
}

static bool needs_login(const struct smtp *smtp)
{
    return account_text(smtp->stand, "email", "user")[0] != '\0';
}

/* Login */

static void judge_login(struct smtp *smtp, const char *user, const char *password)
{
    smtp->state = SMTP_COMMAND;
    smtp->logged_in = same_secret(account_text(smtp->stand, "email", "user"), user) &&
                      same_secret(account_text(smtp->stand, "email", "password"), password);
    say(smtp, smtp->logged_in ? "235 2.7.0 Authentication successful" : "535 5.7.8 Authentication credentials invalid");
}

static const char *decoded(struct smtp *smtp, const char *text, size_t *len)
{
    return (const char *)base64_read(smtp->arena, text, len);
}

/* "authorization-id NUL user NUL password" */
static void take_plain(struct smtp *smtp, const char *text)
{
    size_t len = 0;
    const char *bytes = decoded(smtp, text, &len);
    const char *user = bytes ? memchr(bytes, '\0', len) : NULL;
    const char *password = user ? memchr(user + 1, '\0', (size_t)(bytes + len - user - 1)) : NULL;

    smtp->state = SMTP_COMMAND;
    if (password)
        judge_login(smtp, user + 1, password + 1);
    else
        say(smtp, "501 5.5.2 Cannot decode the credentials");
}

static void take_user(struct smtp *smtp, const char *text)
{
    size_t len = 0;
    const char *user = decoded(smtp, text, &len);

    smtp->user = user ? user : "";
    smtp->state = SMTP_AUTH_PASSWORD;
    say(smtp, "334 UGFzc3dvcmQ6");
}

static void take_password(struct smtp *smtp, const char *text)
{
    size_t len = 0;
    const char *password = decoded(smtp, text, &len);

    judge_login(smtp, smtp->user, password ? password : "");
}

static void command_auth(struct smtp *smtp, const char *argument)
{
    const char *initial = strchr(argument, ' ');

    if (!needs_login(smtp) || smtp->logged_in) {
        say(smtp, "503 5.5.1 AUTH is not offered here");
    } else if (strncasecmp(argument, "PLAIN", 5) == 0) {
        smtp->state = SMTP_AUTH_PLAIN;
        if (initial)
            take_plain(smtp, initial + 1);
        else
            say(smtp, "334 ");
    } else if (strncasecmp(argument, "LOGIN", 5) == 0) {
        smtp->state = SMTP_AUTH_USER;
        if (initial)
            take_user(smtp, initial + 1);
        else
            say(smtp, "334 VXNlcm5hbWU6");
    } else {
        say(smtp, "504 5.5.4 Mechanism not offered");
    }
}

/* Envelope */

static void command_ehlo(struct smtp *smtp, const char *argument)
{
    forget_mail(smtp);
    smtp->greeted = true;
    if (!argument[0]) {
        say(smtp, "501 5.5.4 Say who you are");
        return;
    }
    say(smtp, "250-sandbox.invalid");
    say(smtp, "250-8BITMIME");
    if (needs_login(smtp))
        say(smtp, "250-AUTH PLAIN LOGIN");
    say(smtp, "250 SIZE 262144");
}

/* What stands between < and > after "FROM:" or "TO:"; NULL when the form is wrong. */
static const char *address_in(struct smtp *smtp, const char *argument, const char *word)
{
    const char *open = argument + strlen(word);
    const char *close;

    if (strncasecmp(argument, word, strlen(word)) != 0)
        return NULL;
    open += strspn(open, " ");
    close = *open == '<' ? strchr(open, '>') : NULL;
    if (!close || strcspn(open + 1, " <\t") < (size_t)(close - open - 1))
        return NULL;
    return arena_copy(smtp->arena, open + 1, (size_t)(close - open - 1));
}

static void command_mail(struct smtp *smtp, const char *argument)
{
    const char *from = address_in(smtp, argument, "FROM:");

    if (!smtp->greeted) {
        say(smtp, "503 5.5.1 EHLO first");
    } else if (needs_login(smtp) && !smtp->logged_in) {
        say(smtp, "530 5.7.0 Authentication required");
    } else if (!from) {
        say(smtp, "501 5.1.7 Bad sender address");
    } else {
        forget_mail(smtp);
        smtp->from = from[0] ? from : "<>";
        say(smtp, "250 2.1.0 Ok");
    }
}

static bool is_mailbox(const char *address)
{
    const char *at = strrchr(address, '@');

    return at && at > address && at[1] != '\0';
}

static bool nobody_lives_there(const char *address)
{
    static const char TOP[] = ".invalid";
    size_t len = strlen(address);

    return len >= strlen(TOP) && strcasecmp(address + len - strlen(TOP), TOP) == 0;
}

static void command_rcpt(struct smtp *smtp, const char *argument)
{
    const char *to = address_in(smtp, argument, "TO:");

    if (!smtp->from[0]) {
        say(smtp, "503 5.5.1 MAIL first");
    } else if (!to || !is_mailbox(to)) {
        say(smtp, "501 5.1.3 Bad recipient address");
    } else if (nobody_lives_there(to)) {
        say(smtp, "550 5.1.1 No such user here");
    } else if (smtp->recipients.count >= SMTP_RECIPIENTS_MOST) {
        say(smtp, "452 4.5.3 Too many recipients");
    } else {
        texts_add(smtp->arena, &smtp->recipients, to);
        say(smtp, "250 2.1.5 Ok");
    }
}

static void command_data(struct smtp *smtp)
{
    if (smtp->recipients.count == 0) {
        say(smtp, "503 5.5.1 RCPT first");
        return;
    }
    smtp->state = SMTP_DATA;
    say(smtp, "354 End data with <CR><LF>.<CR><LF>");
}

/* The message */

static const char *judge_mail(struct smtp *smtp, struct exchange *exchange)
{
    const char *code = mail_read(exchange);
    const char *forced = code ? NULL : forced_code(smtp->stand, "email");

    if (smtp->mail.cut)
        return objection(exchange, "552", "5.3.4 the message is longer than %d bytes", SMTP_MAIL_MOST);
    return forced ? objection(exchange, forced, "as asked for") : code;
}

static void end_mail(struct smtp *smtp, int64_t now_ms)
{
    struct arena *arena = arena_new();
    struct exchange exchange = exchange_in(arena, now_ms);

    exchange.channel = "email";
    exchange.method = "DATA";
    exchange.target = smtp->from;
    exchange.body = smtp->mail.text;
    exchange.body_len = smtp->mail.len;
    exchange.reading.recipients = smtp->recipients;
    if (needs_login(smtp))
        prove(&exchange, "login", smtp->logged_in);
    exchange.code = judge_mail(smtp, &exchange);
    exchange.answer.status = exchange.code ? (int)strtol(exchange.code, NULL, 10) : 250;
    exchange.answer.body = exchange.code ? arena_print(arena, "%s %s", exchange.code, exchange.why)
                                         : arena_print(arena, "250 2.0.0 Ok: queued as %08lX", ++smtp->stand->serial);
    smtp->arrived(smtp->self, &exchange);
    say(smtp, exchange.answer.body);
    arena_release(arena);
    forget_mail(smtp);
    smtp->state = SMTP_COMMAND;
}

/* A leading dot was doubled by the sender (RFC 5321, 4.5.2). */
static void take_mail_line(struct smtp *smtp, const char *line, size_t len, int64_t now_ms)
{
    if (len == 3 && memcmp(line, ".\r\n", 3) == 0)
        end_mail(smtp, now_ms);
    else
        str_addn(&smtp->mail, line + (line[0] == '.'), len - (line[0] == '.'));
}

static bool is_command(const char *line, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(line, name, len) == 0 && (line[len] == '\0' || line[len] == ' ');
}

static void take_command(struct smtp *smtp, const char *line)
{
    const char *argument = line + strcspn(line, " ");

    argument += strspn(argument, " ");
    if (++smtp->commands > SMTP_COMMANDS_MOST) {
        say(smtp, "421 4.7.0 Too many commands");
        smtp->state = SMTP_CLOSING;
    } else if (is_command(line, "EHLO") || is_command(line, "HELO")) {
        command_ehlo(smtp, argument);
    } else if (is_command(line, "AUTH")) {
        command_auth(smtp, argument);
    } else if (is_command(line, "MAIL")) {
        command_mail(smtp, argument);
    } else if (is_command(line, "RCPT")) {
        command_rcpt(smtp, argument);
    } else if (is_command(line, "DATA")) {
        command_data(smtp);
    } else if (is_command(line, "RSET") || is_command(line, "NOOP")) {
        if (is_command(line, "RSET"))
            forget_mail(smtp);
        say(smtp, "250 2.0.0 Ok");
    } else if (is_command(line, "VRFY")) {
        say(smtp, "252 2.5.2 Send some mail, I will try");
    } else if (is_command(line, "QUIT")) {
        say(smtp, "221 2.0.0 Bye");
        smtp->state = SMTP_CLOSING;
    } else {
        say(smtp, "500 5.5.2 Command not recognized");
    }
}

/* `line` with its line break. Lines of a message are not copied: there may be any number of them. */
static void take_line(struct smtp *smtp, const char *line, size_t len, int64_t now_ms)
{
    const char *text = smtp->state == SMTP_DATA ? "" : arena_copy(smtp->arena, line, strcspn(line, "\r\n"));

    switch (smtp->state) {
    case SMTP_COMMAND:
        take_command(smtp, text);
        return;
    case SMTP_DATA:
        take_mail_line(smtp, line, len, now_ms);
        return;
    case SMTP_AUTH_PLAIN:
        take_plain(smtp, text);
        return;
    case SMTP_AUTH_USER:
        take_user(smtp, text);
        return;
    case SMTP_AUTH_PASSWORD:
        take_password(smtp, text);
        return;
    case SMTP_CLOSING:
        return;
    }
}

void smtp_take(struct smtp *smtp, const char *bytes, size_t len, int64_t now_ms)
{
    for (size_t at = 0; at < len && smtp->state != SMTP_CLOSING; at++) {
        str_addc(&smtp->line, bytes[at]);
        if (smtp->line.cut) {
            say(smtp, "500 5.5.2 Line too long");
            smtp->state = SMTP_CLOSING;
            return;
        }
        if (bytes[at] != '\n')
            continue;
        take_line(smtp, smtp->line.text, smtp->line.len, now_ms);
        empty(&smtp->line);
    }
}

void smtp_sent(struct smtp *smtp)
{
    empty(&smtp->out);
}
