/*
 * proof - a form proves that it was sent from a page of ours: who posts blindly from another site has never seen it. Pure.
 *
 * HMAC over what the form is for, who is logged in, and the hour. It lives for one to two hours. The key is that of the links;
 * what is signed begins with words that no link's bytes begin with.
 */
#ifndef ACKD_PROOF_H
#define ACKD_PROOF_H

#include "common/link.h"

/* `purpose` is the token, or "board"; `user` who is logged in, "" for nobody. */
const char *form_proof(struct arena *arena, const struct link_keys *keys, const char *purpose, const char *user,
                       int64_t now_s);

enum form_state { FORM_PROVEN, FORM_STALE /* was proven once, in the last days */, FORM_FOREIGN };

enum form_state form_judge(struct arena *arena, const struct link_keys *keys, const char *purpose, const char *user,
                           int64_t now_s, const char *proof);

#endif
