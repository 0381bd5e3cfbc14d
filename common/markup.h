/*
 * markup - one text, written in each channel's own markup, escaped and cut to its limit.
 *
 * A template makes a passage: lines of spans. What stands in the template is trusted and may use a small neutral markup
 * (**bold**, `code`, lines that begin with "- " or "> " or "# "); what comes from the event is a value and is shown as
 * it is, whatever it contains: it can neither mention, nor link, nor format, nor break out. Pure.
 */
#ifndef COMMON_MARKUP_H
#define COMMON_MARKUP_H

#include <stddef.h>

#include "common/arena.h"
#include "common/event.h"
#include "common/utf8.h"
#include "common/words.h"

enum markup {
    MARKUP_PLAIN,    /* SMS, text/plain: no markup at all */
    MARKUP_DINGTALK, /* its Markdown subset; no escape exists, so signs are made harmless */
    MARKUP_WECOM,    /* its Markdown subset; '<' would mention */
    MARKUP_MRKDWN,   /* Slack: & < > as entities */
    MARKUP_CARD,     /* Adaptive Cards TextBlock: CommonMark subset, backslash escapes */
    MARKUP_HTML,     /* mail */
    MARKUP_FEISHU,   /* markdown of its cards (JSON 1.0): no code, lists, quotes, headings; signs as entities */
};

/*
 * Bytes that set values off from the template's own text in what template_render() makes in ESCAPE_MARK mode. Clean text
 * never holds them.
 */
enum { MARK_VALUE = 0x01, MARK_END = 0x02 };

struct passage;

/*
 * Reads rendered text. A line in which a value is missing (empty) is left out, and so is a line where a value inside
 * `code` has other characters than A-Z a-z 0-9 @ . _ / - or begins with - : people paste commands. A heading goes with the
 * last of its lines. Several empty lines become one.
 */
struct passage *passage_read(struct arena *arena, const char *marked);

/* A passage of untrusted plain text. */
struct passage *passage_of(struct arena *arena, const char *text);

/*
 * The text in `markup`, at most `most` in `unit`. What does not fit is left out at the end, on a character boundary,
 * with pairs closed, and a last line says so in `language`; where that line would take more than half of the room, "…"
 * does. Lines end in what the markup needs: cards part the items of a list by CR.
 */
const char *passage_write(struct arena *arena, const struct passage *passage, enum markup markup, size_t most,
                          enum unit unit, enum language language);

/* Lines of the form "**Label:** value" (also with "："), in order, as plain text: the facts of a card or a table. */
struct pairs passage_facts(struct arena *arena, const struct passage *passage);

/* The passage without those lines. */
struct passage *passage_without_facts(struct arena *arena, const struct passage *passage);

/*
 * One value, escaped for any surroundings: nothing that stands before or after it makes it act. Its line breaks stay, and
 * each of its lines is taken to begin one.
 */
const char *markup_escape(struct arena *arena, enum markup markup, const char *text);

#endif
