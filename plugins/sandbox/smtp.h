/*
 * smtp - a mail sink's side of an SMTP session, as a machine that is fed bytes. No sockets here.
 *
 * EHLO, HELO, AUTH PLAIN and LOGIN (when the account "email" has a user), MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT. No TLS.
 * Addresses at .invalid (RFC 2606) are refused with 550, so that refusals can be tried.
 */
#ifndef SANDBOX_SMTP_H
#define SANDBOX_SMTP_H

#include "common/str.h"
#include "plugins/sandbox/provider.h"

enum { SMTP_LINE_MOST = 1000, SMTP_MAIL_MOST = 256 * 1024, SMTP_COMMANDS_MOST = 1000, SMTP_RECIPIENTS_MOST = 100 };

enum smtp_state { SMTP_COMMAND, SMTP_DATA, SMTP_AUTH_PLAIN, SMTP_AUTH_USER, SMTP_AUTH_PASSWORD, SMTP_CLOSING };

struct smtp {
    struct arena *arena;
    struct stand *stand;
    /* Called with each message after its dot, before it is answered; sets nothing but reads all. */
    void (*arrived)(void *self, const struct exchange *exchange);
    void *self;
    enum smtp_state state;
    bool greeted;
    bool logged_in;
    const char *user;
    const char *from; /* "" before MAIL */
    struct texts recipients;
    struct str line; /* the unfinished one */
    struct str mail;
    struct str out; /* what the server says and has not been sent: see smtp_sent() */
    unsigned commands;
};

/* A session that has said its greeting. It and all it takes in live in `arena`. */
struct smtp smtp_session(struct arena *arena, struct stand *stand);

/* Takes bytes from the client. In the state SMTP_CLOSING the connection is closed when `out` is sent. */
void smtp_take(struct smtp *smtp, const char *bytes, size_t len, int64_t now_ms);

/* Forgets what the server has said. */
void smtp_sent(struct smtp *smtp);

#endif
