/*
 * visitor - what a request says about who sends it: language, remembered name, address. Pure.
 *
 * None of it gives anybody a right; what a proxy vouches for is decided in desk.c.
 */
#ifndef ACKD_VISITOR_H
#define ACKD_VISITOR_H

#include <stdbool.h>

#include "common/words.h"

enum { NAME_MOST = 64, COMMENT_MOST = 500 }; /* characters */

/* The language of Accept-Language that is wished for most; `otherwise` when it names none of ours. */
enum language visitor_language(const char *accept, enum language otherwise);

/* The name in the Cookie header, "" when there is none; clean, at most NAME_MOST characters. */
const char *visitor_name(struct arena *arena, const char *cookie);

/* The Set-Cookie header that remembers it for a year: a name only, no right hangs on it. */
const char *visitor_cookie(struct arena *arena, const char *name, bool secure);

/*
 * By what the limits know a client: its address, of an IPv6 address the first 64 bits. `forwarded` is X-Forwarded-For, of which
 * the last hop counts, and only where `peer` is a proxy of this machine (`local`).
 */
const char *visitor_address(struct arena *arena, const char *peer, bool local, const char *forwarded);

/* Who was told, so that a reader knows whom but not the whole address: "138****8000", "l***@example.com"; parted by commas. */
const char *mask_recipients(struct arena *arena, const char *recipients);

#endif
