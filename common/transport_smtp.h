/*
 * transport_smtp - follows an SMTP conversation from the side: which command a reply answers, and which reply decides.
 *
 * libcurl says that something failed, but not what the server said about it, and it sends without a login when the
 * server offers none. Both can be told from the lines that pass. Pure.
 */
#ifndef COMMON_TRANSPORT_SMTP_H
#define COMMON_TRANSPORT_SMTP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

enum smtp_command {
    SMTP_CONNECT, /* nothing said yet: the server greets */
    SMTP_EHLO,    /* or HELO */
    SMTP_STARTTLS,
    SMTP_AUTH,
    SMTP_MAIL,
    SMTP_RCPT,
    SMTP_DATA,
    SMTP_DOT, /* the whole message has been handed over */
    SMTP_QUIT,
};

enum { SMTP_REPLIES_MOST = 64 * 1024 };

struct smtp_talk {
    struct str replies; /* every line heard, separated by LF; !str_fits() when the server talks for ever */
    enum smtp_command command;
    bool greeted;   /* EHLO was said: this connection is new, or has become encrypted */
    bool logged_in; /* 235 was heard */
    int decisive;   /* the reply that stopped the transaction, or the one after the dot; 0 when there is none */
    enum smtp_command decided;
};

struct smtp_talk smtp_talk_in(struct arena *arena);

/* Bytes of a command as they leave. What is no command (an answer within AUTH) changes nothing. */
void smtp_said(struct smtp_talk *talk, const char *bytes, size_t len);

/* The last byte of the message has been handed over: from now on the server may have taken it. */
void smtp_said_all(struct smtp_talk *talk);

/* One line of a reply, with or without its line end. */
void smtp_heard(struct smtp_talk *talk, const char *line, size_t len);

/*
 * True when a transaction has begun on a new connection without a login. A connection that was used before has its
 * login from then: it would not have been kept otherwise.
 */
bool smtp_lacks_login(const struct smtp_talk *talk);

/* As in struct response: "RCPT", "."; never NULL. */
const char *smtp_command_name(enum smtp_command command);

#endif
