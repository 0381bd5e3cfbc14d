/*
 * smtp_reply - what a mail server's reply says, and what it means for one recipient. RFC 5321 4.2, 3463, 4954. Pure.
 */
#ifndef COMMON_SMTP_REPLY_H
#define COMMON_SMTP_REPLY_H

#include "common/arena.h"
#include "common/verdict.h"

struct smtp_reply {
    const char *code;  /* "550 5.1.1", or "550" when the server uses no enhanced codes */
    const char *words; /* all after the three digits, lines joined by a space: "5.1.1 <x@example.com>: unknown" */
    const char *id;    /* of an accepted message: "4XyZ12" of "queued as 4XyZ12"; all words when none is recognised */
};

enum { SMTP_WORDS_MOST = 2048 };

/* The last reply with this status in `replies` (as in struct response). */
struct smtp_reply smtp_reply_read(struct arena *arena, int status, const char *replies);

/*
 * Adds the verdict of a transaction with one recipient. 2yz after the dot is DELIVERED; 4yz is AGAIN; 5yz is BROKEN
 * where our login, sender or session is refused, and REFUSED where the recipient or the message is.
 */
void smtp_judge(const struct response *response, const char *recipient, struct verdicts *verdicts);

#endif
