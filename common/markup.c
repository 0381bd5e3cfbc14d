#include "common/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/inert.h"
#include "common/passage.h"
#include "common/str.h"

/* What stands around the lines of one kind: `begin` and `end` around a block of them, `before` and `after` each. */
struct frame {
    const char *begin;
    const char *before;
    const char *after;
    const char *join; /* between two lines of the block */
    const char *end;
    bool bold; /* the frame itself makes the text bold: no signs inside */
};

struct dialect {
    const char *bold[2]; /* open, close */
    const char *code[2];
    const char *gap;            /* between two blocks */
    const char *blank;          /* in place of an empty line */
    const char *apart;          /* between a sign of bold or code and a neighbour that would spoil it */
    const struct frame *frames; /* by enum line_kind */
};

static const struct frame PLAIN_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",   "", "\n", "", false},
    [LINE_BULLET] = {"", "- ", "", "\n", "", false},
    [LINE_QUOTE] = {"", "> ", "", "\n", "", false},
    [LINE_HEADING] = {"", "",   "", "\n", "", false},
};
static const struct dialect PLAIN = {
    .bold = {"", ""},
    .code = {"", ""},
    .gap = "\n",
    .blank = "\n\n",
    .apart = "",
    .frames = PLAIN_FRAMES,
};

/* A line break needs two spaces before it, and a list, a quote and a heading an empty line after them. */
static const struct frame DINGTALK_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",      "", "  \n", "", false},
    [LINE_BULLET] = {"", "- ",    "", "\n",   "", false},
    [LINE_QUOTE] = {"", "> ",    "", "  \n", "", false},
    [LINE_HEADING] = {"", "#### ", "", "\n\n", "", true },
};
static const struct dialect DINGTALK = {
    .bold = {"**", "**"},
    .code = {"",   ""  },
    .gap = "\n\n",
    .blank = "\n\n",
    .apart = " ",
    .frames = DINGTALK_FRAMES,
};

static const struct frame WECOM_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",      "", "\n", "", false},
    [LINE_BULLET] = {"", "- ",    "", "\n", "", false},
    [LINE_QUOTE] = {"", "> ",    "", "\n", "", false},
    [LINE_HEADING] = {"", "#### ", "", "\n", "", true },
};
static const struct dialect WECOM = {
    .bold = {"**", "**"},
    .code = {"`",  "`" },
    .gap = "\n",
    .blank = "\n\n",
    .apart = " ",
    .frames = WECOM_FRAMES,
};

/* Lists would show as "please upgrade" in clients before 7.6; its own words: keep a space around the signs of bold. */
static const struct frame FEISHU_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",     "",   "\n", "", false},
    [LINE_BULLET] = {"", "• ", "",   "\n", "", false},
    [LINE_QUOTE] = {"", "│ ", "",   "\n", "", false},
    [LINE_HEADING] = {"", "**",   "**", "\n", "", true },
};
static const struct dialect FEISHU = {
    .bold = {"**", "**"},
    .code = {"",   ""  },
    .gap = "\n",
    .blank = "\n\n",
    .apart = " ",
    .frames = FEISHU_FRAMES,
};

static const struct frame MRKDWN_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",     "",  "\n", "", false},
    [LINE_BULLET] = {"", "• ", "",  "\n", "", false},
    [LINE_QUOTE] = {"", "> ",   "",  "\n", "", false},
    [LINE_HEADING] = {"", "*",    "*", "\n", "", true },
};
static const struct dialect MRKDWN = {
    .bold = {"*", "*"},
    .code = {"`", "`"},
    .gap = "\n",
    .blank = "\n\n",
    .apart = "\xE2\x80\x8B",
    .frames = MRKDWN_FRAMES,
};

/* No code, no quotes, no headings; a single LF is not a line break, and items of a list are parted by CR. */
static const struct frame CARD_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"", "",     "",   "\n\n", "", false},
    [LINE_BULLET] = {"", "- ",   "",   "\r",   "", false},
    [LINE_QUOTE] = {"", "│ ", "",   "\n\n", "", false},
    [LINE_HEADING] = {"", "**",   "**", "\n\n", "", true },
};
static const struct dialect CARD = {
    .bold = {"**", "**"},
    .code = {"",   ""  },
    .gap = "\n\n",
    .blank = "\n\n",
    .apart = " ",
    .frames = CARD_FRAMES,
};

/* Styles stand in the tags: mail clients drop style sheets. */
#define HTML_BLOCK " style=\"margin:0 0 10px 0\">"
#define HTML_QUOTE " style=\"margin:0 0 10px 0;padding-left:10px;border-left:3px solid #ccc\">"
static const struct frame HTML_FRAMES[LINE_KIND_COUNT] = {
    [LINE_TEXT] = {"<p" HTML_BLOCK,          "",     "",      "<br>\n",                "</p>",          false},
    [LINE_BULLET] = {"<ul" HTML_BLOCK "\n",    "<li>", "</li>", "\n",                    "\n</ul>",       false},
    [LINE_QUOTE] = {"<blockquote" HTML_QUOTE, "",     "",      "<br>\n",                "</blockquote>", false},
    [LINE_HEADING] = {"<h4" HTML_BLOCK,         "",     "",      "</h4>\n<h4" HTML_BLOCK, "</h4>",         true },
};
static const struct dialect HTML = {
    .bold = {"<b>",                                                 "</b>"   },
    .code = {"<code style=\"background:#f2f2f2;padding:1px 4px\">", "</code>"},
    .gap = "\n",
    .blank = "\n",
    .apart = "",
    .frames = HTML_FRAMES,
};

static const struct dialect *const DIALECTS[] = {
    [MARKUP_PLAIN] = &PLAIN,   [MARKUP_DINGTALK] = &DINGTALK, [MARKUP_WECOM] = &WECOM, [MARKUP_FEISHU] = &FEISHU,
    [MARKUP_MRKDWN] = &MRKDWN, [MARKUP_CARD] = &CARD,         [MARKUP_HTML] = &HTML,
};

/* One text while it is written. */
struct writer {
    const struct passage *passage;
    const struct dialect *dialect;
    enum markup markup;
    enum unit unit;
    size_t most;
    size_t used; /* of `most` */
    struct str out;
    struct str step;     /* what the next character adds: taken whole or not at all */
    unsigned open;       /* enum style: the signs that stand open */
    enum line_kind kind; /* of the block that stands open, LINE_EMPTY for none */
    bool blank;          /* an empty line came since */
    bool paired[128];
    bool full;
};

static void add_closing(struct str *out, const struct dialect *dialect, unsigned styles)
{
    if (styles & STYLE_CODE)
        str_add(out, dialect->code[1]);
    if (styles & STYLE_BOLD)
        str_add(out, dialect->bold[1]);
}

static void add_opening(struct str *out, const struct dialect *dialect, unsigned styles)
{
    if (styles & STYLE_BOLD)
        str_add(out, dialect->bold[0]);
    if (styles & STYLE_CODE)
        str_add(out, dialect->code[0]);
}

/* Room for what would have to follow now if nothing else came. */
static size_t closing_size(const struct writer *writer, unsigned open, enum line_kind kind)
{
    const struct dialect *dialect = writer->dialect;
    size_t size =
        utf8_count(dialect->frames[kind].after, writer->unit) + utf8_count(dialect->frames[kind].end, writer->unit);

    if (open & STYLE_CODE)
        size += utf8_count(dialect->code[1], writer->unit);
    if (open & STYLE_BOLD)
        size += utf8_count(dialect->bold[1], writer->unit);
    return size;
}

static void clear_step(struct writer *writer)
{
    writer->step.len = 0;
    writer->step.text[0] = '\0';
}

static void take_step(struct writer *writer)
{
    str_addn(&writer->out, writer->step.text, writer->step.len);
    writer->used += utf8_count(writer->step.text, writer->unit);
    clear_step(writer);
}

/* What leads from the block before to the first character of a line. */
static void begin_line(struct writer *writer, enum line_kind kind)
{
    const struct dialect *dialect = writer->dialect;
    const struct frame *frame = &dialect->frames[kind];

    if (writer->kind == kind && !writer->blank) {
        str_add(&writer->step, frame->join);
    } else {
        if (writer->kind != LINE_EMPTY) {
            str_add(&writer->step, dialect->frames[writer->kind].end);
            str_add(&writer->step, writer->blank || writer->kind == LINE_QUOTE ? dialect->blank : dialect->gap);
        }
        str_add(&writer->step, frame->begin);
    }
    str_add(&writer->step, frame->before);
}

/* Code needs no gap but in Slack, where both have the same rule. */
static bool needs_gap(const struct writer *writer, const struct inert_line *line, size_t at, unsigned styles,
                      bool closing)
{
    bool bold = (styles & STYLE_BOLD) != 0;
    bool code = (styles & STYLE_CODE) && writer->markup == MARKUP_MRKDWN;

    return (bold || code) && inert_needs_gap(line, at, closing);
}

/* Closes and opens what the style of the character at `at` asks for; code stands inside bold. */
static void change_style(struct writer *writer, const struct inert_line *line, size_t at, unsigned open,
                         unsigned wanted)
{
    const struct dialect *dialect = writer->dialect;
    unsigned closing = open & ~wanted;
    unsigned opening;

    if ((open ^ wanted) & STYLE_BOLD)
        closing |= open & STYLE_CODE;
    opening = wanted & ~(open & ~closing);
    add_closing(&writer->step, dialect, closing);
    if (needs_gap(writer, line, at, closing, true) || needs_gap(writer, line, at, opening, false))
        str_add(&writer->step, dialect->apart);
    add_opening(&writer->step, dialect, opening);
}

/*
 * One character, with the spaces before it and all signs that it needs. False when it does not fit: then nothing of it is
 * written, and there is room for the signs that close the text.
 */
static bool write_step(struct writer *writer, const struct inert_line *line, enum line_kind kind, size_t *at)
{
    unsigned shown = writer->dialect->frames[kind].bold ? STYLE_CODE : STYLE_BOLD | STYLE_CODE;
    unsigned open = writer->open;
    bool space;

    do {
        space = line->text[*at] == ' ';
        if (open != (line->style[*at] & shown)) {
            change_style(writer, line, *at, open, line->style[*at] & shown);
            open = line->style[*at] & shown;
        }
        *at += inert_add(&writer->step, line, *at);
    } while (space && *at < line->len);
    if (writer->used + utf8_count(writer->step.text, writer->unit) + closing_size(writer, open, kind) > writer->most) {
        clear_step(writer);
        writer->full = true;
        return false;
    }
    take_step(writer);
    writer->open = open;
    writer->kind = kind;
    return true;
}

static void write_line(struct writer *writer, const struct line *source)
{
    struct inert_line line = {
        .markup = writer->markup,
        .text = writer->passage->text + source->from,
        .style = writer->passage->style + source->from,
        .len = source->len,
        .paired = writer->paired,
    };
    size_t at = 0;
    bool begun = false;

    begin_line(writer, source->kind);
    while (at < line.len && write_step(writer, &line, source->kind, &at))
        begun = true;
    if (!begun)
        return;
    add_closing(&writer->step, writer->dialect, writer->open);
    str_add(&writer->step, writer->dialect->frames[source->kind].after);
    take_step(writer);
    writer->open = 0;
    writer->blank = false;
}

static bool has_bold(const struct passage *passage, const struct line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (passage->style[line->from + i] & STYLE_BOLD)
            return true;
    return line->kind == LINE_HEADING;
}

/* A sign of emphasis alone in the whole text does nothing; bold of ours would be a partner for Slack's one asterisk. */
static void find_pairs(struct writer *writer)
{
    const struct passage *passage = writer->passage;
    struct inert_signs signs = {0};

    for (size_t i = 0; i < passage->count; i++) {
        const struct line *source = &passage->lines[i];
        const struct inert_line line = {
            .markup = writer->markup,
            .text = passage->text + source->from,
            .style = passage->style + source->from,
            .len = source->len,
            .paired = writer->paired,
        };

        inert_count(&line, &signs);
        if (writer->markup == MARKUP_MRKDWN && has_bold(passage, source)) {
            signs.count['*']++;
            signs.opens['*'] = signs.closes['*'] = true;
        }
    }
    for (size_t sign = 0; sign < sizeof(writer->paired); sign++)
        writer->paired[sign] = inert_paired(&signs, (unsigned char)sign);
}

static struct writer write_lines(struct arena *arena, const struct passage *passage, enum markup markup, size_t most,
                                 enum unit unit)
{
    struct writer writer = {
        .passage = passage,
        .dialect = DIALECTS[markup],
        .markup = markup,
        .unit = unit,
        .most = most,
        .out = str_in(arena, SIZE_MAX / 4),
        .step = str_in(arena, SIZE_MAX / 4),
    };

    find_pairs(&writer);
    for (size_t i = 0; i < passage->count && !writer.full; i++) {
        if (passage->lines[i].kind == LINE_EMPTY)
            writer.blank = true;
        else
            write_line(&writer, &passage->lines[i]);
    }
    if (writer.kind != LINE_EMPTY)
        str_add(&writer.out, writer.dialect->frames[writer.kind].end);
    return writer;
}

/* The last line of a text that was cut; where it would take most of the room, three dots. */
static const char *cut_notice(struct arena *arena, enum markup markup, size_t most, enum unit unit,
                              enum language language)
{
    const struct dialect *dialect = DIALECTS[markup];
    const struct frame *frame = &dialect->frames[LINE_TEXT];
    const char *notice =
        arena_print(arena, "%s%s%s%s", dialect->blank, frame->begin, word_in(language, WORD_TEXT_CUT), frame->end);
    size_t size = utf8_count(notice, unit);

    if (size <= most / 2)
        return notice;
    return utf8_count("…", unit) <= most ? "…" : "";
}

const char *passage_write(struct arena *arena, const struct passage *passage, enum markup markup, size_t most,
                          enum unit unit, enum language language)
{
    struct writer writer = write_lines(arena, passage, markup, most, unit);
    const char *notice;

    if (!writer.full)
        return writer.out.text;
    notice = cut_notice(arena, markup, most, unit, language);
    writer = write_lines(arena, passage, markup, most - utf8_count(notice, unit), unit);
    if (writer.out.len == 0)
        notice += strspn(notice, "\n");
    return arena_print(arena, "%s%s", writer.out.text, notice);
}

const char *markup_escape(struct arena *arena, enum markup markup, const char *text)
{
    size_t len = strlen(text);
    const unsigned char *style = arena_alloc(arena, len + 1);
    struct str out = str_in(arena, SIZE_MAX / 4);
    bool paired[128];

    memset(paired, true, sizeof(paired));
    while (*text != '\0') {
        size_t end = strcspn(text, "\n");
        const struct inert_line line = {
            .markup = markup, .text = text, .style = style, .len = end, .alone = true, .paired = paired};

        for (size_t at = 0; at < end;)
            at += inert_add(&out, &line, at);
        text += end;
        if (*text == '\n') {
            str_addc(&out, '\n');
            text++;
        }
    }
    return out.text;
}
