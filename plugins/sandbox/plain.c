#include "plugins/sandbox/plain.h"

#include <string.h>

#include "common/str.h"

enum { PLAIN_MOST = 1024 * 1024 };

/* Which marks mean something. */
struct marks {
    const char *bold;
    bool links;     /* [label](address) */
    bool angles;    /* <@id>, <!name>, <address|label>, <font ...> */
    bool entities;  /* &amp; &lt; &gt; &#42; */
    bool backslash; /* the sign after it is itself */
    bool blocks;    /* # heading, > quote */
    bool joined;    /* a single line break is a space */
};

struct inline_text {
    struct str *out;
    const struct marks *marks;
    const char *end; /* of the line */
    bool bold;
};

static bool begins(const char *at, const char *end, const char *with)
{
    size_t len = strlen(with);

    return (size_t)(end - at) >= len && strncmp(at, with, len) == 0;
}

static const char *find(const char *at, const char *end, const char *what)
{
    for (; at < end; at++)
        if (begins(at, end, what))
            return at;
    return NULL;
}

/* A bold mark counts when something follows it at once and its partner stands on the same line. */
static size_t take_bold(struct inline_text *text, const char *at)
{
    const char *mark = text->marks->bold;
    const char *after = at + strlen(mark);

    if (!mark[0] || !begins(at, text->end, mark))
        return 0;
    if (!text->bold && (after >= text->end || *after == ' ' || !find(after + 1, text->end, mark)))
        return 0;
    text->bold = !text->bold;
    return strlen(mark);
}

static size_t take_link(struct inline_text *text, const char *at)
{
    const char *middle = *at == '[' ? find(at, text->end, "](") : NULL;
    const char *close = middle ? find(middle, text->end, ")") : NULL;

    if (!text->marks->links || !close)
        return 0;
    str_addn(text->out, at + 1, (size_t)(middle - at - 1));
    str_add(text->out, " (");
    str_addn(text->out, middle + 2, (size_t)(close - middle - 2));
    str_addc(text->out, ')');
    return (size_t)(close + 1 - at);
}

/* What stands between < and >: a mention, a link, or a tag that is only formatting. */
static void add_angle(struct str *out, const char *inside, const char *close)
{
    const char *bar = find(inside, close, "|");

    if (begins(inside, close, "font") || begins(inside, close, "/font") || begins(inside, close, "at ") ||
        (close - inside == 2 && begins(inside, close, "at")) || begins(inside, close, "/at")) {
        return;
    }
    if (*inside == '@' || *inside == '!') {
        str_addc(out, '@');
        inside++;
        str_addn(out, inside, (size_t)((bar ? bar : close) - inside));
        return;
    }
    if (bar) {
        str_addn(out, bar + 1, (size_t)(close - bar - 1));
        str_add(out, " (");
        str_addn(out, inside, (size_t)(bar - inside));
        str_addc(out, ')');
        return;
    }
    str_addn(out, inside, (size_t)(close - inside));
}

static size_t take_angle(struct inline_text *text, const char *at)
{
    const char *close = *at == '<' ? find(at, text->end, ">") : NULL;

    if (!text->marks->angles || !close || close == at + 1)
        return 0;
    add_angle(text->out, at + 1, close);
    return (size_t)(close + 1 - at);
}

/* "&#42;" of a printable ASCII sign. */
static size_t take_number(struct str *out, const char *at, const char *end)
{
    size_t len = 2;
    int number = 0;

    if (!begins(at, end, "&#"))
        return 0;
    for (; at + len < end && len < 5 && at[len] >= '0' && at[len] <= '9'; len++)
        number = number * 10 + (at[len] - '0');
    if (at + len >= end || at[len] != ';' || number < ' ' || number > '~')
        return 0;
    str_addc(out, (char)number);
    return len + 1;
}

static size_t take_entity(struct str *out, const char *at, const char *end)
{
    static const char *const ENTITIES[][2] = {
        {"&amp;",  "&" },
        {"&lt;",   "<" },
        {"&gt;",   ">" },
        {"&quot;", "\""},
        {"&nbsp;", " " },
    };

    for (size_t i = 0; i < sizeof(ENTITIES) / sizeof(*ENTITIES); i++)
        if (begins(at, end, ENTITIES[i][0])) {
            str_add(out, ENTITIES[i][1]);
            return strlen(ENTITIES[i][0]);
        }
    return take_number(out, at, end);
}

static size_t take_escape(struct inline_text *text, const char *at)
{
    if (!text->marks->backslash || *at != '\\' || at + 1 >= text->end || strchr("\\`*_{}[]()#+-.!~|<>", at[1]) == NULL)
        return 0;
    str_addc(text->out, at[1]);
    return 2;
}

static size_t take_mark(struct inline_text *text, const char *at)
{
    size_t used = take_escape(text, at);

    if (used == 0)
        used = take_bold(text, at);
    if (used == 0)
        used = take_link(text, at);
    if (used == 0)
        used = take_angle(text, at);
    if (used == 0 && text->marks->entities)
        used = take_entity(text->out, at, text->end);
    return used;
}

static void add_inline(struct str *out, const struct marks *marks, const char *at, const char *end)
{
    struct inline_text text = {.out = out, .marks = marks, .end = end};

    while (at < end) {
        size_t used = take_mark(&text, at);

        if (used == 0)
            str_addc(out, *at);
        at += used == 0 ? 1 : used;
    }
}

/* Length of "# ", "## " ... at the beginning of a line. */
static size_t heading(const char *at, const char *end)
{
    size_t len = strspn(at, "#");

    return len > 0 && len <= 6 && at + len < end && at[len] == ' ' ? len + 1 : 0;
}

static bool is_block(const char *at, const char *end)
{
    return at == end || heading(at, end) > 0 || begins(at, end, "> ") || begins(at, end, "- ") ||
           begins(at, end, "* ") || begins(at, end, "---");
}

static void add_line(struct str *out, const struct marks *marks, const char *at, const char *end)
{
    if (marks->blocks) {
        at += heading(at, end);
        if (begins(at, end, "> ")) {
            str_add(out, "│ ");
            at += 2;
        }
    }
    add_inline(out, marks, at, end);
}

/* How the line that ends at `end` and the next one are parted. */
static const char *parting(const struct marks *marks, const char *line, const char *end)
{
    const char *next = end + 1;
    size_t next_len = strcspn(next, "\n");
    bool two_spaces = end - line >= 2 && end[-1] == ' ' && end[-2] == ' ';

    if (!marks->joined || two_spaces || is_block(line, end) || is_block(next, next + next_len))
        return "\n";
    return " ";
}

static void drop_spaces_at_end(struct str *out)
{
    while (out->len > 0 && out->text[out->len - 1] == ' ')
        out->text[--out->len] = '\0';
}

/* No spaces before a line break, no more than one empty line, none at the ends. */
static const char *tidy(struct arena *arena, const char *text)
{
    struct str out = str_in(arena, PLAIN_MOST);
    size_t breaks = 0;

    for (; *text; text++) {
        if (*text == '\n') {
            drop_spaces_at_end(&out);
            breaks++;
            continue;
        }
        if (out.len > 0 && breaks > 0)
            str_add(&out, breaks > 1 ? "\n\n" : "\n");
        breaks = 0;
        str_addc(&out, *text);
    }
    return out.text;
}

static const char *plain(struct arena *arena, const struct marks *marks, const char *text)
{
    struct str out = str_in(arena, PLAIN_MOST);

    while (*text) {
        const char *end = text + strcspn(text, "\n");

        add_line(&out, marks, text, end);
        if (!*end)
            break;
        str_add(&out, parting(marks, text, end));
        text = end + 1;
    }
    return tidy(arena, out.text);
}

const char *plain_dingtalk(struct arena *arena, const char *markdown)
{
    return plain(arena, &(struct marks){.bold = "**", .links = true, .blocks = true, .joined = true}, markdown);
}

const char *plain_wecom(struct arena *arena, const char *markdown)
{
    return plain(arena, &(struct marks){.bold = "**", .links = true, .blocks = true, .angles = true}, markdown);
}

const char *plain_feishu(struct arena *arena, const char *markdown)
{
    return plain(arena, &(struct marks){.bold = "**", .links = true, .angles = true, .entities = true}, markdown);
}

const char *plain_feishu_text(struct arena *arena, const char *text)
{
    return plain(arena, &(struct marks){.bold = "", .angles = true}, text);
}

const char *plain_mrkdwn(struct arena *arena, const char *mrkdwn)
{
    return plain(arena, &(struct marks){.bold = "*", .angles = true, .entities = true}, mrkdwn);
}

const char *plain_card(struct arena *arena, const char *markdown)
{
    return plain(arena, &(struct marks){.bold = "**", .links = true, .angles = true, .backslash = true}, markdown);
}

/* Tags that end a line for the reader. */
static bool breaks_line(const char *tag)
{
    static const char *const TAGS[] = {"<br", "</p", "</div", "</tr", "</h", "</li", "</table"};

    for (size_t i = 0; i < sizeof(TAGS) / sizeof(*TAGS); i++)
        if (strncmp(tag, TAGS[i], strlen(TAGS[i])) == 0)
            return true;
    return false;
}

const char *plain_html(struct arena *arena, const char *html)
{
    struct str out = str_in(arena, PLAIN_MOST);
    const char *end = html + strlen(html);

    while (html < end) {
        const char *close = *html == '<' ? find(html, end, ">") : NULL;
        size_t used = close ? 0 : take_entity(&out, html, end);

        if (close) {
            str_add(&out, breaks_line(html) ? "\n" : "");
            html = close + 1;
        } else if (used > 0) {
            html += used;
        } else {
            str_addc(&out, *html++);
        }
    }
    return tidy(arena, out.text);
}

static bool mentioned(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->reading.mentions.count; i++)
        if (strcmp(exchange->reading.mentions.items[i], name) == 0)
            return true;
    return false;
}

void mentions_between_angles(struct exchange *exchange, const char *text)
{
    for (; *text; text++) {
        size_t len = strcspn(text, "|> \n");
        const char *name;

        if (text[0] != '<' || (text[1] != '@' && text[1] != '!') || len < 3 || (text[len] != '>' && text[len] != '|'))
            continue;
        name = arena_copy(exchange->arena, text + 2, len - 2);
        if (!mentioned(exchange, name))
            texts_add(exchange->arena, &exchange->reading.mentions, name);
    }
}
