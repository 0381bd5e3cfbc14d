/*
 * passage - the lines of a message before any channel's markup: what markup.c writes.
 *
 * Private to passage.c and markup.c; everybody else uses markup.h.
 */
#ifndef COMMON_PASSAGE_H
#define COMMON_PASSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/markup.h"

enum line_kind { LINE_EMPTY, LINE_TEXT, LINE_BULLET, LINE_QUOTE, LINE_HEADING };
enum { LINE_KIND_COUNT = LINE_HEADING + 1 };

/* How a byte of a line is shown, and whose it is. */
enum style { STYLE_BOLD = 1, STYLE_CODE = 2, STYLE_VALUE = 4 };

struct line {
    enum line_kind kind;
    bool continues; /* a further line of the value with which the line before ends */
    size_t from;    /* of its first byte in the passage's text and style */
    size_t len;     /* 0 for LINE_EMPTY only */
};

struct passage {
    const char *text;           /* the lines' contents, without the signs of the neutral markup */
    const unsigned char *style; /* of each byte of `text`: enum style */
    const struct line *lines;
    size_t count;
};

#endif
