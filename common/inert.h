/*
 * inert - signs that would act in a channel's markup, written so that they only show.
 *
 * Whether a sign acts depends on its neighbours, so a whole line is looked at, whoever wrote its parts: "[x]" from one
 * value and "(http://...)" from the next make a link, too. Where a markup has an escape, it is used; elsewhere a
 * zero-width space (U+200B) or the full-width form takes the sign's power, and only where it has some: a path, a URL, a
 * host name stay as people know them.
 */
#ifndef COMMON_INERT_H
#define COMMON_INERT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/markup.h"
#include "common/str.h"

struct inert_line {
    enum markup markup;
    const char *text;
    const unsigned char *style; /* enum style of each byte */
    size_t len;
    bool alone;         /* nothing is known of what stands before and after: the worst is assumed */
    const bool *paired; /* by ASCII character: the sign of emphasis may find a partner */
};

/* What is known of the signs of emphasis in a text, by ASCII character. */
struct inert_signs {
    size_t count[128];
    bool opens[128];
    bool closes[128];
};

/* Adds those of a line. */
void inert_count(const struct inert_line *line, struct inert_signs *signs);

/* A sign acts only with a partner: one that opens and another one that closes. */
bool inert_paired(const struct inert_signs *signs, unsigned char sign);

/*
 * True when a sign of bold between the characters at `at` - 1 and `at` would not be seen as one unless something stands
 * between it and the outer character: `closing` tells whether the bold text ends there or begins.
 */
bool inert_needs_gap(const struct inert_line *line, size_t at, bool closing);

/* Writes the character at `at` (and what must stand before it) to `out`; returns its bytes in the line. */
size_t inert_add(struct str *out, const struct inert_line *line, size_t at);

#endif
