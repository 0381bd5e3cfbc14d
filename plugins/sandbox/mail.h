/*
 * mail - an Internet message taken apart as a mail reader shows it: subject, sender, plain text. Pure.
 *
 * Understands folded headers, RFC 2047 words (UTF-8, B and Q), multipart with base64, quoted-printable and 8bit parts.
 */
#ifndef SANDBOX_MAIL_H
#define SANDBOX_MAIL_H

#include "plugins/sandbox/exchange.h"

/*
 * Reads exchange->body (lines end in CR LF) into headers and reading. Returns NULL, or the code with which a careful server
 * refuses the message after its dot; exchange->why says more.
 */
const char *mail_read(struct exchange *exchange);

#endif
