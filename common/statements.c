#include "common/statements.h"

#include <ctype.h>
#include <string.h>

#include "common/statements_private.h"
#include "common/utf8.h"

static size_t name_length(const struct scanner *scanner, size_t at)
{
    size_t end = at;

    while (end < scanner->len && (islower((unsigned char)scanner->bytes[end]) ||
                                  isdigit((unsigned char)scanner->bytes[end]) || scanner->bytes[end] == '_'))
        end++;
    return end - at;
}

static bool is_name(const struct scanner *scanner, const struct token *token)
{
    return token->kind == TOKEN_WORD && token->end > token->begin &&
           name_length(scanner, token->begin) == token->end - token->begin;
}

/* Where statements begin, seen from outside. */

static size_t skip_blanks(const struct scanner *scanner, size_t at)
{
    while (at < scanner->len && (scanner->bytes[at] == ' ' || scanner->bytes[at] == '\t'))
        at++;
    return at;
}

static char byte_at(const struct scanner *scanner, size_t at)
{
    return at < scanner->len ? scanner->bytes[at] : '\0';
}

/* NAME "title" {: never stands inside another section. */
static bool titled_section_at(const struct scanner *scanner, size_t at)
{
    size_t name = name_length(scanner, at);
    size_t title = skip_blanks(scanner, at + name);
    char quote = byte_at(scanner, title);
    size_t end = title;

    if (name == 0 || title == at + name)
        return false;
    if (quote == '"' || quote == '\'') {
        for (end++; byte_at(scanner, end) != quote; end++)
            if (byte_at(scanner, end) == '\n' || end >= scanner->len)
                return false;
        end++;
    } else {
        while (!sign_ends_word(byte_at(scanner, end)))
            end++;
    }
    return end > title && byte_at(scanner, skip_blanks(scanner, end)) == '{';
}

/* At the beginning of a line: NAME =, NAME {, NAME( or NAME "title" {. */
static bool statement_at(const struct scanner *scanner, size_t at)
{
    size_t name = name_length(scanner, at);
    char next = byte_at(scanner, skip_blanks(scanner, at + name));

    return name > 0 && (next == '=' || next == '{' || next == '(' || titled_section_at(scanner, at));
}

/* In a file that is indented as a whole, only what has a title can be told from the inside of a section. */
static bool resumes_at(const struct scanner *scanner, size_t at)
{
    return statement_at(scanner, at) || titled_section_at(scanner, skip_blanks(scanner, at));
}

/* Goes on at the first line behind `line` that begins a statement, looked for from `at`. */
static void resume(struct scanner *scanner, size_t at, int line)
{
    do {
        at = scanner_line_end(scanner, at);
        if (at < scanner->len) {
            at++;
            line++;
        }
    } while (at < scanner->len && !resumes_at(scanner, at));
    scanner->at = at;
    scanner->line = line;
}

/* The parts of a statement. */

/* A value on another line is none: libconfuse would take the next option's name for it. */
static void read_value(struct scanner *scanner, const struct token *equals, struct token *last)
{
    struct token token = scanner_token(scanner);

    *last = token;
    if (token_is_text(&token) && !(token.kind == TOKEN_WORD && token.line != equals->line))
        return;
    if (!token_is_sign(&token, '{')) {
        scanner_mistake(scanner, equals->line, "there is no value behind '=': nothing is written as \"\"");
        *last = *equals;
        scanner->at = equals->end;
        scanner->line = equals->line;
    }
}

static const char *block_now(const struct scanner *scanner)
{
    return scanner->depth ? scanner->braces[scanner->depth - 1].block : "";
}

/* What is known to be of no use is not collected, so that it costs nothing. */
static void add_assignment(struct scanner *scanner, const char *name, int line, bool opens)
{
    struct statement *now = &scanner->now;
    size_t count = now->assignment_count;

    if (count == ASSIGNMENTS_MOST)
        scanner_mistake(scanner, line, "there are more than %d names in this section", ASSIGNMENTS_MOST);
    if (now->mistake[0])
        return;
    if (count % 32 == 0)
        scanner->assignments =
            arena_grow(scanner->out->arena, scanner->assignments, (count + 32) * sizeof(*scanner->assignments));
    scanner->assignments[now->assignment_count++] =
        (struct assignment){.block = block_now(scanner), .name = name, .line = line, .opens = opens};
}

static void open_brace(struct scanner *scanner, int line, const char *block)
{
    if (scanner->depth == BRACES_MOST) {
        scanner_mistake(
            scanner, scanner->braces[0].line,
            "the brace that opens here is not closed before line %d, where too many are open: add a } where it ends",
            line);
        scanner->lost = true;
        return;
    }
    scanner->braces[scanner->depth++] = (struct brace){.line = line, .block = block};
}

/* NAME = or NAME {, where the sign has just been read. */
static void note_name(struct scanner *scanner, const struct token *name, bool opens, const char **text)
{
    *text = "";
    if (is_name(scanner, name)) {
        *text = scanner_text(scanner, name->begin, name->end);
        add_assignment(scanner, *text, name->line, opens);
    } else if (token_is_text(name)) {
        scanner_mistake(scanner, name->line,
                        "'%s' is not a name: names are written without quotes, as in proxy or at_mobiles",
                        scanner_excerpt(scanner, name->begin, name->end));
    }
}

static void read_body_token(struct scanner *scanner, const struct token *token, struct token *before)
{
    const char *name;

    if (token_is_sign(token, '=') || token_is_sign(token, '+')) {
        note_name(scanner, before, false, &name);
        read_value(scanner, token, before);
        if (token_is_sign(before, '{'))
            open_brace(scanner, before->line, "");
        return;
    }
    if (token_is_sign(token, '{')) {
        note_name(scanner, before, true, &name);
        open_brace(scanner, token->line, name);
    } else if (token_is_sign(token, '}')) {
        scanner->depth--;
    }
    *before = *token;
}

static void go_back_to(struct scanner *scanner, const struct token *token)
{
    scanner->at = token->begin;
    scanner->line = token->line;
}

/* True when `token` belongs to the next statement already: this one was never closed. */
static bool begins_next(const struct scanner *scanner, const struct token *token)
{
    bool at_margin = token->begin == 0 || scanner->bytes[token->begin - 1] == '\n';

    if (!token->first || token->kind != TOKEN_WORD)
        return false;
    return titled_section_at(scanner, token->begin) ||
           (scanner->lost && at_margin && statement_at(scanner, token->begin));
}

static void never_closed(struct scanner *scanner)
{
    scanner_mistake(scanner, scanner->braces[scanner->depth - 1].line,
                    "the brace that opens here is never closed: add a } where it ends");
    scanner->lost = true;
}

/* From behind the opening brace to the one that closes it. */
static void read_braces(struct scanner *scanner, const struct token *open)
{
    struct token before = *open;

    open_brace(scanner, open->line, "");
    while (scanner->depth > 0) {
        struct token token = scanner_token(scanner);

        if (token.kind == TOKEN_END) {
            bool trusted = !scanner->lost;

            never_closed(scanner);
            if (trusted)
                resume(scanner, open->begin, open->line);
            return;
        }
        if (begins_next(scanner, &token)) {
            never_closed(scanner);
            go_back_to(scanner, &token);
            return;
        }
        read_body_token(scanner, &token, &before);
    }
}

static void read_call(struct scanner *scanner, const struct token *name)
{
    struct token token = scanner_token(scanner);

    if (token.kind == TOKEN_QUOTED && token.end - token.begin >= 2) {
        scanner->now.title = scanner_text(scanner, token.begin + 1, token.end - 1);
        token = scanner_token(scanner);
    }
    if (!token_is_sign(&token, ')')) {
        scanner_mistake(scanner, scanner->now.line, "wanted: %s(\"conf.d/*.conf\")", scanner->now.name);
        resume(scanner, name->begin, name->line);
    }
}

static void read_title(struct scanner *scanner, const struct token *title)
{
    size_t quotes = title->kind == TOKEN_QUOTED && title->end - title->begin >= 2 ? 1 : 0;

    scanner->now.title = scanner_text(scanner, title->begin + quotes, title->end - quotes);
}

static void no_statement(struct scanner *scanner, const struct token *token)
{
    scanner->now.shape = SHAPE_NONE;
    if (token_is_sign(token, '}'))
        scanner_mistake(scanner, token->line,
                        "this } closes nothing: take it away, or look for a { that is missing before it");
    else
        scanner_mistake(scanner, token->line,
                        "'%s' begins no statement: wanted is NAME = VALUE or NAME \"title\" { ... }",
                        scanner_excerpt(scanner, token->begin, token->end));
    resume(scanner, token->begin, token->line);
}

/* What follows the name. */
static void read_rest(struct scanner *scanner, const struct token *name)
{
    struct token token = scanner_token(scanner);
    struct token value;

    scanner->now.shape = SHAPE_SECTION;
    if (token_is_sign(&token, '=') || token_is_sign(&token, '+')) {
        scanner->now.shape = SHAPE_VALUE;
        read_value(scanner, &token, &value);
        if (token_is_sign(&value, '{'))
            read_braces(scanner, &value);
        return;
    }
    if (token_is_sign(&token, '(')) {
        scanner->now.shape = SHAPE_CALL;
        read_call(scanner, name);
        return;
    }
    if (token_is_text(&token) && token.line == name->line) {
        read_title(scanner, &token);
        token = scanner_token(scanner);
    }
    if (token_is_sign(&token, '{')) {
        read_braces(scanner, &token);
        return;
    }
    scanner->now.shape = SHAPE_NONE;
    scanner_mistake(scanner, name->line, "'%s' wants %s", scanner->now.name,
                    scanner->now.title[0] ? "a { behind its title" : "'= VALUE' or '{ ... }' behind it");
    resume(scanner, name->begin, name->line);
}

/* Bytes that no text has: found by line, since the statement as a whole is long. */
static void check_bytes(struct scanner *scanner, size_t begin, size_t end)
{
    int line = scanner->now.line;

    for (size_t at = begin; at < end && !scanner->now.mistake[0]; line++) {
        size_t stop = scanner_line_end(scanner, at);

        stop = stop < end ? stop : end;
        if (memchr(scanner->bytes + at, '\0', stop - at) || !utf8_is_clean(scanner_text(scanner, at, stop)))
            scanner_mistake(scanner, line,
                            "there are bytes here that are not text: save the file as UTF-8 (iconv -f GBK -t UTF-8 "
                            "converts one), without control characters");
        at = stop + 1;
    }
}

void statement_refuse(struct statement *statement, const char *why)
{
    statement->shape = SHAPE_NONE;
    statement->mistake = why;
    statement->mistake_line = statement->line;
}

void statements_append(struct statements *statements, const struct statement *statement)
{
    if (statements->count == STATEMENTS_MOST)
        return;
    if (statements->count % 64 == 0)
        statements->items =
            arena_grow(statements->arena, statements->items, (statements->count + 64) * sizeof(*statements->items));
    statements->items[statements->count++] = *statement;
    if (statements->count == STATEMENTS_MOST)
        statement_refuse(&statements->items[statements->count - 1],
                         "there are too many statements: this one and what follows is not read");
}

static void keep(struct scanner *scanner, size_t begin)
{
    struct statements *out = scanner->out;

    check_bytes(scanner, begin, scanner->at);
    scanner->now.text = scanner->now.mistake[0] ? "" : scanner_text(scanner, begin, scanner->at);
    scanner->now.assignments = scanner->assignments;
    statements_append(out, &scanner->now);
}

/* Between two statements it belongs to neither. */
static void comment_not_closed(struct scanner *scanner, const struct token *token)
{
    scanner->now.shape = SHAPE_NONE;
    scanner->now.line = scanner->now.mistake_line;
    go_back_to(scanner, token);
    keep(scanner, token->begin);
}

static bool read_statement(struct scanner *scanner)
{
    struct token token;

    scanner->now = (struct statement){
        .source = scanner->source, .name = "", .title = "", .text = "", .mistake = "", .line = scanner->line};
    scanner->assignments = NULL;
    scanner->lost = false;
    scanner->depth = 0;
    token = scanner_token(scanner);
    scanner->now.line = token.line;
    if (scanner->now.mistake[0] && (token.kind == TOKEN_END || scanner->now.mistake_line < token.line)) {
        comment_not_closed(scanner, &token);
        return true;
    }
    if (token.kind == TOKEN_END)
        return false;
    if (is_name(scanner, &token)) {
        scanner->now.name = scanner_text(scanner, token.begin, token.end);
        read_rest(scanner, &token);
    } else {
        no_statement(scanner, &token);
    }
    keep(scanner, token.begin);
    return true;
}

/* Line breaks of Windows, and the mark that its editor puts first, are not the operator's mistake. */
static char *without_returns(struct arena *arena, const char *bytes, size_t *len)
{
    static const char MARK[] = "\xEF\xBB\xBF";
    size_t from = *len >= 3 && memcmp(bytes, MARK, 3) == 0 ? 3 : 0;
    char *copy = arena_alloc(arena, *len + 1);
    size_t to = 0;

    for (; from < *len; from++)
        if (!(bytes[from] == '\r' && from + 1 < *len && bytes[from + 1] == '\n'))
            copy[to++] = bytes[from];
    *len = to;
    return copy;
}

void statements_scan(struct statements *statements, const struct source_file *source, const char *bytes, size_t len)
{
    struct scanner scanner = {.out = statements, .source = source, .line = 1};

    scanner.bytes = without_returns(statements->arena, bytes, &len);
    scanner.len = len;
    while (statements->count < STATEMENTS_MOST && read_statement(&scanner))
        ;
}
