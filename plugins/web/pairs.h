/*
 * pairs - names and values of a request: query, form and headers, taken apart exactly as they came.
 *
 * Nothing is cleaned here: signatures are made over the very bytes. Pure.
 */
#ifndef WEB_PAIRS_H
#define WEB_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/event.h"

enum { PAIRS_MOST = 1024 }; /* what comes after that many is left out */

/* Appends a pair; the texts are not copied. */
void pairs_append(struct arena *arena, struct pairs *pairs, const char *name, const char *value);

/* The first value of that name, "" when there is none. Header names match in any case. */
const char *pairs_value(const struct pairs *pairs, const char *name);
const char *header_value(const struct pairs *headers, const char *name);
bool pairs_hold(const struct pairs *pairs, const char *name);

/* The first `len` bytes of form text decoded once: %XX, and '+' for a space. A zero byte would end it early; it becomes '?'. */
const char *form_decode(struct arena *arena, const char *text, size_t len);

/* Appends what application/x-www-form-urlencoded text (also a query) says. */
void form_read(struct arena *arena, const char *text, struct pairs *pairs);

/* "text/html" of "text/html; charset=utf-8", in lower case. */
const char *media_type(struct arena *arena, const char *content_type);

/* Lower-case copy, ASCII only. */
char *lower_case(struct arena *arena, const char *text);

/* The value of a hex digit, -1 when it is none. */
int hex_digit_value(char c);

#endif
