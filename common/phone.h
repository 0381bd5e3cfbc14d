/*
 * phone - numbers as people write them, as E.164, and as each provider wants them. Pure.
 *
 * A number without a country code belongs to the mainland of China when it looks like a mobile there; anything else must
 * say its country: a guess would wake a stranger.
 */
#ifndef COMMON_PHONE_H
#define COMMON_PHONE_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/fault.h"

/*
 * "+8613800138000" from "13800138000", "138 0013 8000", "+86-138-0013-8000", "008613800138000", "8613800138000";
 * "+85298765432" from "+852 9876 5432", "0085298765432". FAULT_INPUT says how to write it.
 */
bool phone_read(struct arena *arena, const char *text, const char **e164, struct fault *fault);

/* The rest takes what phone_read() gave. */
bool phone_is_mainland(const char *e164);

/* Without the plus: "8613800138000", "85298765432". */
const char *phone_digits(const char *e164);

/* At home without the country code, abroad with it and without the plus: "13800138000", "85298765432". */
const char *phone_domestic(const char *e164);

#endif
