#include "common/passage.h"

#include <string.h>

#include "common/str.h"

/* A passage while it is read. */
struct reader {
    struct arena *arena;
    char *text;
    unsigned char *style;
    size_t len; /* bytes used of both */
    struct line *lines;
    size_t count;
    size_t space;        /* lines allocated */
    unsigned char now;   /* style of the bytes that come */
    enum line_kind kind; /* of the line that is open */
    size_t from;         /* its first byte */
    bool continues;      /* it is a further line of a value */
    bool left_out;       /* the template's line must go */
    size_t heading;      /* lines up to and with the last heading; 0: none */
    bool heading_lost;   /* a line under it was left out */
};

static struct reader reader_for(struct arena *arena, size_t len)
{
    return (struct reader){
        .arena = arena,
        .text = arena_alloc(arena, len + 1),
        .style = arena_alloc(arena, len + 1),
        .kind = LINE_TEXT,
    };
}

static void push_line(struct reader *reader, enum line_kind kind, size_t from, size_t len)
{
    if (reader->count == reader->space) {
        reader->space = reader->space ? reader->space * 2 : 16;
        reader->lines = arena_grow(reader->arena, reader->lines, reader->space * sizeof(*reader->lines));
    }
    reader->lines[reader->count++] =
        (struct line){.kind = kind, .continues = reader->continues, .from = from, .len = len};
}

/* Spaces at the ends of a bold or code span would keep most clients from seeing the span. */
static void tidy_spans(struct reader *reader, size_t from)
{
    const unsigned char shown = STYLE_BOLD | STYLE_CODE;

    for (size_t i = from; i < reader->len; i++)
        if (reader->text[i] == ' ' && (i == from || !(reader->style[i - 1] & shown)))
            reader->style[i] = (unsigned char)(reader->style[i] & ~shown);
    for (size_t i = reader->len; i-- > from;)
        if (reader->text[i] == ' ' && (i + 1 == reader->len || !(reader->style[i + 1] & shown)))
            reader->style[i] = (unsigned char)(reader->style[i] & ~shown);
}

/* The bytes since `from` are a line. Several empty ones become one, and none comes first. */
static void end_line(struct reader *reader)
{
    size_t len;

    while (reader->len > reader->from && strchr(" \t", reader->text[reader->len - 1]))
        reader->len--;
    tidy_spans(reader, reader->from);
    len = reader->len - reader->from;
    if (len > 0)
        push_line(reader, reader->kind, reader->from, len);
    else if (reader->kind == LINE_TEXT && reader->count > 0 && reader->lines[reader->count - 1].kind != LINE_EMPTY)
        push_line(reader, LINE_EMPTY, reader->from, 0);
    reader->from = reader->len;
    reader->continues = true;
}

static void add(struct reader *reader, char c, unsigned style)
{
    reader->text[reader->len] = c;
    reader->style[reader->len++] = (unsigned char)style;
}

static bool is_blank(const char *from, const char *end)
{
    while (from < end && strchr(" \t\n", *from))
        from++;
    return from == end;
}

/* Safe to paste into a shell: no character that a shell reads, and not an option. */
static bool is_pasteable(const char *from, const char *end)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._/-";

    return *from != '-' && from + strspn(from, allowed) >= end;
}

/* Takes the value that begins after `at`; returns where the text goes on. */
static const char *read_value(struct reader *reader, const char *at)
{
    const char *end = at + strcspn(at, "\x02");

    if (is_blank(at, end) || ((reader->now & STYLE_CODE) && !is_pasteable(at, end)))
        reader->left_out = true;
    for (; at < end && !reader->left_out; at++) {
        if (*at == '\n')
            end_line(reader);
        else if (*at != MARK_VALUE)
            add(reader, *at, reader->now | STYLE_VALUE);
    }
    return *end == '\0' ? end : end + 1;
}

/* True when `sign` comes once more in the template's part of the line. */
static bool comes_again(const char *at, const char *sign)
{
    for (; *at != '\0' && *at != '\n'; at++) {
        if (*at == MARK_VALUE)
            at += strcspn(at, "\x02");
        else if (strncmp(at, sign, strlen(sign)) == 0)
            return true;
        if (*at == '\0')
            break;
    }
    return false;
}

/* True when a sign of the neutral markup stands at `at` and was taken. */
static bool read_sign(struct reader *reader, const char *at, const char *sign, unsigned style)
{
    if (strncmp(at, sign, strlen(sign)) != 0)
        return false;
    if (!(reader->now & style) && !comes_again(at + strlen(sign), sign))
        return false;
    reader->now = (unsigned char)(reader->now ^ style);
    return true;
}

static enum line_kind kind_at(const char *at)
{
    if (strncmp(at, "- ", 2) == 0)
        return LINE_BULLET;
    if (strncmp(at, "> ", 2) == 0)
        return LINE_QUOTE;
    if (strncmp(at, "# ", 2) == 0)
        return LINE_HEADING;
    return LINE_TEXT;
}

/* A heading of which nothing is left but itself goes. */
static void close_heading(struct reader *reader)
{
    size_t count = reader->count;

    while (count > reader->heading && reader->lines[count - 1].kind == LINE_EMPTY)
        count--;
    if (reader->heading > 0 && reader->heading_lost && count == reader->heading)
        reader->count = reader->heading - 1;
    reader->heading = 0;
    reader->heading_lost = false;
}

/* Reads the line's contents; returns its end. */
static const char *read_contents(struct reader *reader, const char *at)
{
    while (*at != '\0' && *at != '\n') {
        if (*at == MARK_VALUE)
            at = read_value(reader, at + 1);
        else if (read_sign(reader, at, "`", STYLE_CODE))
            at++;
        else if (!(reader->now & STYLE_CODE) && read_sign(reader, at, "**", STYLE_BOLD))
            at += 2;
        else
            add(reader, *at++, reader->now);
    }
    return at;
}

/* Reads one line of the template, which may have values of several lines; returns what follows it. */
static const char *read_line(struct reader *reader, const char *at)
{
    size_t len = reader->len;
    size_t count;

    reader->kind = kind_at(at);
    if (reader->kind == LINE_HEADING)
        close_heading(reader);
    count = reader->count;
    reader->continues = false;
    reader->left_out = false;
    reader->now = 0;
    reader->from = len;
    at = read_contents(reader, reader->kind == LINE_TEXT ? at : at + 2);
    if (reader->left_out) {
        reader->len = len;
        reader->count = count;
        reader->heading_lost = true;
    } else {
        end_line(reader);
        if (reader->kind == LINE_HEADING && reader->count > count)
            reader->heading = reader->count;
    }
    return *at == '\n' ? at + 1 : at;
}

static struct passage *passage_done(struct reader *reader)
{
    struct passage *passage = arena_alloc(reader->arena, sizeof(*passage));

    close_heading(reader);
    while (reader->count > 0 && reader->lines[reader->count - 1].kind == LINE_EMPTY)
        reader->count--;
    *passage = (struct passage){
        .text = reader->text,
        .style = reader->style,
        .lines = reader->lines,
        .count = reader->count,
    };
    return passage;
}

struct passage *passage_read(struct arena *arena, const char *marked)
{
    struct reader reader = reader_for(arena, strlen(marked));

    while (*marked != '\0')
        marked = read_line(&reader, marked);
    return passage_done(&reader);
}

struct passage *passage_of(struct arena *arena, const char *text)
{
    struct reader reader = reader_for(arena, strlen(text));

    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            end_line(&reader);
            reader.continues = false;
        } else if (*text != MARK_VALUE && *text != MARK_END) {
            add(&reader, *text, STYLE_VALUE);
        }
    }
    end_line(&reader);
    return passage_done(&reader);
}

/* Bytes of the label with its colon at the beginning of a line "**Label:** value"; 0 when the line has another form. */
static size_t label_length(const struct passage *passage, const struct line *line)
{
    const char *text = passage->text + line->from;
    size_t len = 0;

    while (len < line->len && (passage->style[line->from + len] & STYLE_BOLD))
        len++;
    if (line->kind != LINE_TEXT || line->continues || len < 2 || len == line->len)
        return 0;
    if (text[len - 1] == ':' || (len > 3 && memcmp(text + len - 3, "：", 3) == 0))
        return len;
    return 0;
}

static const char *trimmed(struct arena *arena, const char *text, size_t len)
{
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return arena_copy(arena, text, len);
}

/* The fact on line `at`, with the further lines of its value. */
static struct pair fact_of(struct arena *arena, const struct passage *passage, size_t at, size_t label)
{
    const struct line *line = &passage->lines[at];
    const char *text = passage->text + line->from;
    size_t colon = text[label - 1] == ':' ? 1 : 3;
    struct str value = str_in(arena, TEXT_MOST);

    str_addn(&value, text + label, line->len - label);
    while (++at < passage->count && (line = &passage->lines[at])->continues) {
        str_addc(&value, '\n');
        str_addn(&value, passage->text + line->from, line->len);
    }
    return (struct pair){
        .name = trimmed(arena, text, label - colon),
        .value = trimmed(arena, value.text, value.len),
    };
}

struct pairs passage_facts(struct arena *arena, const struct passage *passage)
{
    struct pair *facts = arena_alloc(arena, (passage->count + 1) * sizeof(*facts));
    size_t count = 0;

    for (size_t i = 0; i < passage->count; i++) {
        size_t label = label_length(passage, &passage->lines[i]);

        if (label > 0)
            facts[count++] = fact_of(arena, passage, i, label);
    }
    return (struct pairs){.items = facts, .count = count};
}

struct passage *passage_without_facts(struct arena *arena, const struct passage *passage)
{
    struct passage *rest = arena_alloc(arena, sizeof(*rest));
    struct line *lines = arena_alloc(arena, (passage->count + 1) * sizeof(*lines));
    size_t count = 0;
    bool inside = false;

    for (size_t i = 0; i < passage->count; i++) {
        const struct line *line = &passage->lines[i];
        bool empty = line->kind == LINE_EMPTY;

        inside = label_length(passage, line) > 0 || (inside && line->continues);
        if (!inside && !(empty && (count == 0 || lines[count - 1].kind == LINE_EMPTY)))
            lines[count++] = *line;
    }
    while (count > 0 && lines[count - 1].kind == LINE_EMPTY)
        count--;
    *rest = *passage;
    rest->lines = lines;
    rest->count = count;
    return rest;
}
