/*
 * letter - a message as the two texts of a mail: plain, and a page that looks right on a phone and in the dark. Pure.
 *
 * Mail programs know little CSS and load nothing from outside: tables, inline styles, no images, no scripts.
 */
#ifndef COMMON_LETTER_H
#define COMMON_LETTER_H

#include <stdbool.h>

#include "common/message.h"

/* Bytes of the HTML: Gmail clips a message at 102 KB and hides the rest, the buttons with it. */
enum { LETTER_HTML_MOST = 100 * 1024, LETTER_PLAIN_MOST = 100 * 1024 };

/* `repeat`: an earlier try may have arrived; the text says so. */
const char *letter_plain(struct arena *arena, const struct message *message, bool repeat);
const char *letter_html(struct arena *arena, const struct message *message, bool repeat);

#endif
