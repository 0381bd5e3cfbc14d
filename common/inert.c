/*
 * Rules by markup. No provider but Slack documents an escape; what is done here instead was checked against CommonMark.
 *   DingTalk  headings, bold, italic, links, images, lists, quotes: open.dingtalk.com/document/robots/custom-robot-access
 *   WeCom     headings, bold, links, code, quotes, <font>, <@userid>: developer.work.weixin.qq.com/document/path/91770
 *   Slack     & < > as entities, * _ ~ ` without escape: api.slack.com/reference/surfaces/formatting#escaping
 *   cards     CommonMark without headings, tables, images, HTML; {{DATE()}} and {{TIME()}}:
 *             learn.microsoft.com/adaptive-cards/authoring-cards/text-features
 */
#include "common/inert.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "common/encode.h"
#include "common/passage.h"

#define ZERO_WIDTH_SPACE "\xE2\x80\x8B"

enum { SCHEME_MOST = 32 };

/* The character at a line's end: what no neighbour looks like to the rules below. */
enum { EDGE = 0 };

static unsigned char byte_at(const struct inert_line *line, size_t at)
{
    return at < line->len ? (unsigned char)line->text[at] : EDGE;
}

static uint32_t decode(const struct inert_line *line, size_t at)
{
    unsigned char lead = byte_at(line, at);
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    uint32_t character = len == 1 ? lead : lead & (0x7FU >> len);

    for (size_t i = 1; i < len; i++)
        character = character << 6 | (byte_at(line, at + i) & 0x3FU);
    return character;
}

static uint32_t before(const struct inert_line *line, size_t at)
{
    if (at == 0)
        return EDGE;
    do
        at--;
    while (at > 0 && ((unsigned char)line->text[at] & 0xC0) == 0x80);
    return decode(line, at);
}

/* Letters and digits of the scripts that alerts are written in; everything else counts as punctuation. */
static bool is_word(uint32_t character)
{
    if (character < 0x80)
        return isalnum((int)character) != 0;
    return (character >= 0xC0 && character <= 0x52F) || (character >= 0x3041 && character <= 0x30FF) ||
           (character >= 0x3400 && character <= 0x9FFF) || (character >= 0xAC00 && character <= 0xD7A3);
}

static bool is_space(uint32_t character)
{
    return character == ' ' || character == '\t';
}

static bool is_code(const struct inert_line *line, size_t at)
{
    return at < line->len && (line->style[at] & STYLE_CODE);
}

static bool is_bold(const struct inert_line *line, size_t at)
{
    return at < line->len && (line->style[at] & STYLE_BOLD);
}

/* True when the writer sets a sign of its own between this character and the one before, or after. */
static bool meets_markup(const struct inert_line *line, size_t at)
{
    const unsigned shown = STYLE_BOLD | STYLE_CODE;
    unsigned now = line->style[at] & shown;

    return now != (at > 0 ? line->style[at - 1] & shown : 0U) ||
           now != (at + 1 < line->len ? line->style[at + 1] & shown : 0U);
}

/* The line is made of these characters only. */
static bool is_made_of(const struct inert_line *line, const char *characters)
{
    for (size_t i = 0; i < line->len; i++)
        if (!strchr(characters, line->text[i]))
            return false;
    return true;
}

/* "1. " and "12) " begin a list. */
static bool is_list_number(const struct inert_line *line)
{
    size_t at = 0;

    while (isdigit(byte_at(line, at)))
        at++;
    return at > 0 && (byte_at(line, at) == '.' || byte_at(line, at) == ')') &&
           (is_space(byte_at(line, at + 1)) || byte_at(line, at + 1) == EDGE);
}

/* True when the line would become something else than text: a heading, list, quote, rule, table, code. */
static bool acts_at_start(const struct inert_line *line)
{
    unsigned char first = byte_at(line, 0);
    unsigned char second = byte_at(line, 1);

    if (line->markup == MARKUP_MRKDWN)
        return first == '>';
    switch (first) {
    case '#':
    case '>':
    case ' ':
    case '\t':
        return true;
    case '-':
    case '+':
    case '*':
        return is_space(second) || second == EDGE || is_made_of(line, "-+*_|: \t");
    case '=':
    case '_':
    case '|':
    case ':':
        return is_made_of(line, "=_-|: \t");
    case '~':
        return second == '~';
    default:
        return is_list_number(line);
    }
}

/* Strikethrough of Markdown needs two tildes; Slack's one. */
static bool is_half_a_sign(const struct inert_line *line, size_t at)
{
    return byte_at(line, at) == '~' && line->markup != MARKUP_MRKDWN && before(line, at) != '~' &&
           byte_at(line, at + 1) != '~';
}

/* Asterisks of Markdown act inside a word, too. */
static bool minds_words(const struct inert_line *line, size_t at)
{
    return byte_at(line, at) != '*' || line->markup == MARKUP_MRKDWN;
}

/* True when the sign of emphasis at `at` could begin something. Rather once too often than once too seldom. */
static bool could_open(const struct inert_line *line, size_t at)
{
    uint32_t last = before(line, at);
    uint32_t next = decode(line, at + 1);

    if (meets_markup(line, at))
        return true;
    if (next == EDGE)
        return line->alone;
    return !is_half_a_sign(line, at) && !is_space(next) && !(minds_words(line, at) && is_word(last));
}

static bool could_close(const struct inert_line *line, size_t at)
{
    uint32_t last = before(line, at);
    uint32_t next = decode(line, at + 1);

    if (meets_markup(line, at))
        return true;
    if (last == EDGE && !acts_at_start(line))
        return line->alone;
    return !is_half_a_sign(line, at) && !is_space(last) && !(minds_words(line, at) && is_word(next));
}

static bool acts(const struct inert_line *line, size_t at)
{
    return (line->paired[byte_at(line, at)] || is_bold(line, at)) && (could_open(line, at) || could_close(line, at));
}

/* "&name;" or "&#number;" would show as the character it stands for. */
static bool is_entity(const struct inert_line *line, size_t at)
{
    size_t end = at + 1;

    if (byte_at(line, end) == '#')
        end++;
    while (end < line->len && end - at < SCHEME_MOST && isalnum(byte_at(line, end)))
        end++;
    return byte_at(line, end) == ';' && end > at + 1;
}

/* The colon of "scheme://" where a click would do something else than open a web page: dingtalk://, dtmd://. */
static bool is_foreign_scheme(const struct inert_line *line, size_t colon)
{
    size_t from = colon;

    if (byte_at(line, colon + 1) != '/' || byte_at(line, colon + 2) != '/')
        return false;
    while (from > 0 && colon - from < SCHEME_MOST &&
           (isalnum(byte_at(line, from - 1)) || strchr("+.-", line->text[from - 1])))
        from--;
    if (from == colon)
        return line->alone;
    return !(colon - from == 4 && strncasecmp(line->text + from, "http", 4) == 0) &&
           !(colon - from == 5 && strncasecmp(line->text + from, "https", 5) == 0);
}

/* "@all" and "@name"; not an address, not a path. */
static bool is_mention(const struct inert_line *line, size_t at)
{
    uint32_t last = before(line, at);
    uint32_t next = decode(line, at + 1);

    return !is_word(last) && !(last != EDGE && last < 0x80 && strchr("/.-_=&?%+#", (int)last)) && !is_space(next) &&
           (next != EDGE || line->alone);
}

static bool begins_tag(const struct inert_line *line, size_t at)
{
    unsigned char next = byte_at(line, at + 1);

    return next == EDGE || isalpha(next) || strchr("/!?@$#", next) || next >= 0x80;
}

static bool begins_destination(const struct inert_line *line, size_t at)
{
    unsigned char next = byte_at(line, at + 1);

    return next == EDGE ? line->alone : strchr("([:", next) != NULL;
}

static void add_sign(struct str *out, char sign, bool broken)
{
    str_addc(out, sign);
    if (broken)
        str_add(out, ZERO_WIDTH_SPACE);
}

static const char *full_width(unsigned char sign)
{
    return sign == '*' ? "＊" : sign == '_' ? "＿" : sign == '~' ? "～" : "｀";
}

/* The markups that write Markdown without an escape, and Slack's. */
static void add_emphasis(struct str *out, const struct inert_line *line, size_t at)
{
    unsigned char sign = byte_at(line, at);

    if (sign != '`' && !acts(line, at)) {
        str_addc(out, (char)sign);
    } else if (line->markup == MARKUP_CARD) {
        str_addc(out, '\\');
        str_addc(out, (char)sign);
    } else {
        str_add(out, full_width(sign));
    }
}

/*
 * Before punctuation a backslash escapes, at the end of a line it breaks the line. Cards have it doubled; whether the others
 * know escapes at all is not documented, so there it is kept away from what follows.
 */
static void add_backslash(struct str *out, const struct inert_line *line, size_t at)
{
    unsigned char next = byte_at(line, at + 1);
    bool escapes = next == EDGE || ispunct(next) || meets_markup(line, at);

    str_addc(out, '\\');
    if (escapes)
        str_add(out, line->markup == MARKUP_CARD ? "\\" : ZERO_WIDTH_SPACE);
}

static void add_less_than(struct str *out, const struct inert_line *line, size_t at)
{
    if (!begins_tag(line, at))
        str_addc(out, '<');
    else if (line->markup == MARKUP_CARD)
        str_add(out, "<" ZERO_WIDTH_SPACE);
    else
        str_add(out, "＜");
}

static void add_markdown(struct str *out, const struct inert_line *line, size_t at)
{
    char sign = line->text[at];

    switch (sign) {
    case '*':
    case '_':
    case '~':
    case '`':
        add_emphasis(out, line, at);
        return;
    case '\\':
        add_backslash(out, line, at);
        return;
    case '<':
        add_less_than(out, line, at);
        return;
    case ']':
        add_sign(out, sign, begins_destination(line, at));
        return;
    case '&':
        add_sign(out, sign, is_entity(line, at));
        return;
    case ':':
        add_sign(out, sign, is_foreign_scheme(line, at));
        return;
    case '@':
        add_sign(out, sign, is_mention(line, at));
        return;
    case '{':
        add_sign(out, sign, byte_at(line, at + 1) == '{' || (line->alone && at + 1 == line->len));
        return;
    default:
        str_addc(out, sign);
    }
}

/*
 * Each sign that its documents list as markdown's, as the number that they ask for; ':' only where an emoji (:OK:) or another
 * scheme may begin, '&' only before an entity.
 * https://open.feishu.cn/document/common-capabilities/message-card/message-cards-content/using-markdown-tags
 */
static void add_feishu(struct str *out, const struct inert_line *line, size_t at)
{
    unsigned char sign = byte_at(line, at);
    unsigned char next = byte_at(line, at + 1);
    bool acts = strchr("<>*_~`[]\\$", sign) || (sign == '&' && is_entity(line, at)) ||
                (sign == ':' && (isalpha(next) || (next == EDGE && line->alone) || is_foreign_scheme(line, at)));

    if (acts)
        str_addf(out, "&#%d;", sign);
    else
        str_addc(out, (char)sign);
}

static void add_mrkdwn(struct str *out, const struct inert_line *line, size_t at)
{
    char sign = line->text[at];

    if (strchr("&<>", sign)) /* no other entity is Slack's */
        str_add(out, html_entity(sign));
    else if (sign == ':')
        add_sign(out, sign, !is_code(line, at) && is_foreign_scheme(line, at));
    else if (sign == '@')
        add_sign(out, sign, !is_code(line, at) && is_mention(line, at));
    else if (strchr("*_~`", sign) && !is_code(line, at))
        add_emphasis(out, line, at);
    else
        str_addc(out, sign);
}

/* Spaces that HTML would fold together are kept: columns in a plugin's output stay columns. */
static void add_html(struct str *out, const struct inert_line *line, size_t at)
{
    char sign = line->text[at];
    const char *entity = html_entity(sign);

    if (entity)
        str_add(out, entity);
    else if (sign == '\'')
        str_add(out, "&#39;"); /* somebody's template may put it between single quotes */
    else if (is_space((unsigned char)sign) && (at == 0 || is_space((unsigned char)line->text[at - 1])))
        str_add(out, "&#160;");
    else
        str_addc(out, sign);
}

/* WeCom reads <@userid> in plain text, too. */
static void add_plain(struct str *out, const struct inert_line *line, size_t at)
{
    if (line->text[at] == '<' && (byte_at(line, at + 1) == '@' || (line->alone && at + 1 == line->len)))
        str_add(out, "＜");
    else
        str_addc(out, line->text[at]);
}

static void add_ascii(struct str *out, const struct inert_line *line, size_t at)
{
    switch (line->markup) {
    case MARKUP_PLAIN:
        add_plain(out, line, at);
        return;
    case MARKUP_DINGTALK:
    case MARKUP_WECOM:
        if (is_code(line, at))
            str_addc(out, line->text[at]); /* commands are pasted: not one hidden character */
        else
            add_markdown(out, line, at);
        return;
    case MARKUP_CARD:
        add_markdown(out, line, at);
        return;
    case MARKUP_FEISHU:
        add_feishu(out, line, at);
        return;
    case MARKUP_MRKDWN:
        add_mrkdwn(out, line, at);
        return;
    case MARKUP_HTML:
        add_html(out, line, at);
        return;
    }
}

void inert_count(const struct inert_line *line, struct inert_signs *signs)
{
    for (size_t i = 0; i < line->len; i++) {
        unsigned char sign = byte_at(line, i);
        bool opens;
        bool closes;

        if (!strchr("*_~", sign) || is_code(line, i))
            continue;
        opens = could_open(line, i);
        closes = could_close(line, i);
        signs->count[sign] += opens || closes;
        signs->opens[sign] |= opens;
        signs->closes[sign] |= closes;
    }
}

bool inert_paired(const struct inert_signs *signs, unsigned char sign)
{
    return signs->count[sign] > 1 && signs->opens[sign] && signs->closes[sign];
}

/*
 * CommonMark 0.30, 6.2: a closing delimiter that follows punctuation, "**Label:**", must not meet a letter. Before other
 * punctuation it may stand, but providers' own readers are not trusted with that. Slack wants no letter outside at all.
 */
bool inert_needs_gap(const struct inert_line *line, size_t at, bool closing)
{
    uint32_t last = before(line, at);
    uint32_t next = decode(line, at);
    uint32_t outer = closing ? next : last;
    uint32_t inner = closing ? last : next;

    if (line->markup == MARKUP_MRKDWN)
        return is_word(outer);
    return !is_word(inner) && outer != EDGE && !is_space(outer);
}

size_t inert_add(struct str *out, const struct inert_line *line, size_t at)
{
    size_t len = utf8_next(line->text + at);

    if (at == 0 && line->markup != MARKUP_PLAIN && line->markup != MARKUP_HTML && acts_at_start(line))
        str_add(out, ZERO_WIDTH_SPACE);
    if (len == 1)
        add_ascii(out, line, at);
    else
        str_addn(out, line->text + at, len);
    return len;
}
