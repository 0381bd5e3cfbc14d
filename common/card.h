/*
 * card - a message as the chat channels say it alike: title, buttons, context line, colour, a text between head and
 * tail.
 *
 * Addresses are harmless when they come from here; titles and contexts are plain and still have to be escaped for the
 * channel's markup. Pure.
 */
#ifndef COMMON_CARD_H
#define COMMON_CARD_H

#include "common/json.h"
#include "common/message.h"

enum {
    CARD_TITLE_MOST = 120, /* characters of a title that shares a small limit with its text */
    CARD_URL_MOST = 600,   /* bytes of a button's address: two of them still leave room for a text */
};

struct button {
    const char *label;
    const char *url;
};

struct buttons {
    struct button items[2];
    size_t count;
};

struct card {
    struct arena *arena;
    const struct message *message;
    const char *title;   /* one line, never empty, marked when an earlier try may have arrived */
    const char *context; /* "严重 · 2026-01-02 11:04:05 · web-01 · zabbix": what is known of it */
    /*
     * To confirm, then to see the problem's page; what the message lacks is left out, and so is an address that is not
     * http(s) or longer than CARD_URL_MOST. Brackets, quotes and spaces are percent-encoded: it can stand inside
     * Markdown.
     */
    struct buttons buttons;
};

/* The title is cut to `title_most` characters. */
struct card card_of(struct arena *arena, const struct intent *intent, size_t title_most);

/* The buttons as text: links of Markdown in one line, or with MARKUP_PLAIN a line each, "label: address". */
const char *card_links(const struct card *card, enum markup markup);

/* `above`, an empty line, `below`; only one of them when the other is "". */
const char *card_joined(const struct card *card, const char *above, const char *below);

/* Six hex digits, as in HTML: "36a64f". */
const char *card_colour(enum mood mood);

/*
 * `head`, `passage` and `tail` with empty lines between them, at most `most` bytes: only the passage is shortened. Head
 * and tail, already in `markup`, must leave room for it.
 */
const char *card_text(const struct card *card, const struct passage *passage, enum markup markup, const char *head,
                      const char *tail, size_t most);

/*
 * For plain text in which a provider reads tags all the same (<@userid>, <at ...>): every '<' is written full-width, so that
 * nothing mentions. The first for one text, the second for a passage.
 */
const char *card_untagged(const struct card *card, const char *text);
const char *card_untagged_text(const struct card *card, const struct passage *passage);

/*
 * Adds the passage's facts to `list` as objects of `name_key` and "value", as far as half of `most` bytes takes them,
 * and returns the rest of the text, cut to what they left.
 */
const char *card_facts(const struct card *card, enum markup markup, struct json_object *list, const char *name_key,
                       size_t most);

#endif
