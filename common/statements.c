#include "common/statements.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "common/utf8.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_SIGN };

struct token {
    enum token_kind kind;
    char sign; /* of TOKEN_SIGN: { } ( ) = , or + for += */
    size_t begin;
    size_t end;
    int line;
    bool first; /* nothing but blanks before it on its line */
};

struct brace {
    int line;
    const char *block; /* "" for a list, and for the section's own brace */
};

struct scanner {
    struct statements *out;
    const struct source_file *source;
    char *bytes; /* a copy, in which comments become blanks */
    size_t len;
    size_t at;
    int line;
    bool no_more_ends; /* of comments: not looked for again and again */
    /* The statement being read. */
    struct statement now;
    struct assignment *assignments;
    bool lost; /* its quotes or braces cannot be trusted: it ends where the next one seems to begin */
    struct brace braces[BRACES_MOST];
    size_t depth;
};

/* The first mistake of a statement counts, later ones follow from it. */
static void mistake(struct scanner *scanner, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void mistake(struct scanner *scanner, int line, const char *format, ...)
{
    va_list args;

    if (scanner->now.mistake[0])
        return;
    va_start(args, format);
    scanner->now.mistake = arena_vprint(scanner->out->arena, format, args);
    scanner->now.mistake_line = line;
    va_end(args);
}

/* Zero behind the end, so that looking one or two bytes ahead needs no check. */
static char peek(const struct scanner *scanner, size_t ahead)
{
    return scanner->at + ahead < scanner->len ? scanner->bytes[scanner->at + ahead] : '\0';
}

static bool at_end(const struct scanner *scanner)
{
    return scanner->at >= scanner->len;
}

static const char *text_between(const struct scanner *scanner, size_t begin, size_t end)
{
    return arena_copy(scanner->out->arena, scanner->bytes + begin, end - begin);
}

/* For complaints: a piece of the file, short, of one line. */
static const char *excerpt(const struct scanner *scanner, size_t begin, size_t end)
{
    enum { MOST = 40 };
    size_t len = end - begin < MOST ? end - begin : MOST;

    return utf8_clean_line(scanner->out->arena, scanner->bytes + begin, len);
}

/* Comments. */

static void blank(struct scanner *scanner, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (scanner->bytes[i] != '\n')
            scanner->bytes[i] = ' ';
}

static void skip_line_comment(struct scanner *scanner)
{
    size_t begin = scanner->at;

    while (!at_end(scanner) && peek(scanner, 0) != '\n')
        scanner->at++;
    blank(scanner, begin, scanner->at);
}

static size_t end_of_line(const struct scanner *scanner, size_t at)
{
    const char *end = memchr(scanner->bytes + at, '\n', scanner->len - at);

    return end ? (size_t)(end - scanner->bytes) : scanner->len;
}

/* One that is never closed ends with its line: it must not swallow the rest of the file. */
static void skip_block_comment(struct scanner *scanner)
{
    size_t begin = scanner->at;
    const char *end =
        scanner->no_more_ends ? NULL : memmem(scanner->bytes + begin + 2, scanner->len - begin - 2, "*/", 2);
    size_t after = end ? (size_t)(end - scanner->bytes) + 2 : end_of_line(scanner, begin);

    if (!end) {
        scanner->no_more_ends = true;
        mistake(scanner, scanner->line, "the comment that begins here with /* is never closed: add */ behind it");
        scanner->lost = true;
    }
    for (; scanner->at < after; scanner->at++)
        scanner->line += peek(scanner, 0) == '\n';
    blank(scanner, begin, after);
}

/* False at the end of the file. */
static bool skip_to_token(struct scanner *scanner, bool *first)
{
    while (!at_end(scanner)) {
        char c = peek(scanner, 0);

        if (c == '#' || (c == '/' && peek(scanner, 1) == '/')) {
            skip_line_comment(scanner);
        } else if (c == '/' && peek(scanner, 1) == '*') {
            skip_block_comment(scanner);
        } else if (c == '\n') {
            scanner->line++;
            scanner->at++;
            *first = true;
        } else if (c == ' ' || c == '\t') {
            scanner->at++;
        } else {
            return true;
        }
    }
    return false;
}

/* Variables: ${NAME} and ${NAME:-what to take when it is not set}. */

static bool variable_known(const struct scanner *scanner, size_t begin, size_t end)
{
    const char *inside = text_between(scanner, begin, end);
    size_t len = strcspn(inside, ":");

    return (inside[len] == ':' && inside[len + 1] == '-') || getenv(inside) != NULL;
}

/* At a "${": steps over it and says what is wrong with it. */
static void read_variable(struct scanner *scanner)
{
    size_t begin = scanner->at + 2;
    size_t end = begin;

    while (end < scanner->len && !strchr("}\"'\n", scanner->bytes[end]))
        end++;
    if (end == scanner->len || scanner->bytes[end] != '}') {
        mistake(scanner, scanner->line,
                "'${' begins a variable that is not closed: ${NAME}; the signs themselves are \\${");
        scanner->at += 2;
        return;
    }
    if (!variable_known(scanner, begin, end))
        mistake(scanner, scanner->line,
                "the environment has no variable '%s': set it where the program is started, or write ${NAME:-value}",
                excerpt(scanner, begin, end));
    scanner->at = end + 1;
}

/* Escapes of double quotes. */

/* libconfuse reads up to three octal digits and stops with an error, and in disorder, at anything else. */
static void read_octal(struct scanner *scanner)
{
    size_t begin = scanner->at;
    int value = 0;

    for (; isdigit((unsigned char)peek(scanner, 0)); scanner->at++)
        value = peek(scanner, 0) > '7' || value > 0xFF ? 0x100 : value * 8 + (peek(scanner, 0) - '0');
    if (value == 0 || value > 0xFF || scanner->at - begin > 3)
        mistake(scanner, scanner->line, "'\\%s' is not the octal number of a character: a backslash itself is \\\\",
                excerpt(scanner, begin, scanner->at));
}

static void read_hexadecimal(struct scanner *scanner)
{
    bool zero = peek(scanner, 1) == '0' && (peek(scanner, 2) == '0' || !isxdigit((unsigned char)peek(scanner, 2)));

    if (zero)
        mistake(scanner, scanner->line, "'\\x0' would end the text");
    scanner->at++;
}

/* At what follows a backslash. */
static void read_escape(struct scanner *scanner, char quote)
{
    char c = peek(scanner, 0);

    if (c == '\n')
        scanner->line++;
    if (quote == '"' && isdigit((unsigned char)c))
        read_octal(scanner);
    else if (quote == '"' && c == 'x')
        read_hexadecimal(scanner);
    else if (!at_end(scanner))
        scanner->at++;
}

/* Words and texts. */

static void read_quoted(struct scanner *scanner, struct token *token)
{
    char quote = peek(scanner, 0);
    int line = scanner->line;

    token->kind = TOKEN_QUOTED;
    scanner->at++;
    while (!at_end(scanner) && peek(scanner, 0) != quote && peek(scanner, 0) != '\n') {
        if (peek(scanner, 0) == '\\') {
            scanner->at++;
            read_escape(scanner, quote);
        } else if (quote == '"' && peek(scanner, 0) == '$' && peek(scanner, 1) == '{') {
            read_variable(scanner);
        } else {
            scanner->at++;
        }
    }
    if (!at_end(scanner) && peek(scanner, 0) == quote) {
        scanner->at++;
        return;
    }
    mistake(scanner, line,
            "the text that begins with %c is not closed on its line: add %c behind it (a line break in a text is \\n)",
            quote, quote);
    scanner->lost = true;
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" #\"'\t\n={}(),", c) != NULL;
}

static bool holds(const struct scanner *scanner, size_t begin, const char *sign)
{
    return memmem(scanner->bytes + begin, scanner->at - begin, sign, strlen(sign)) != NULL;
}

/* What an input method for Chinese makes of " = { } , and the space. */
static bool holds_wide_sign(const struct scanner *scanner, size_t begin)
{
    static const char *const WIDE[] = {"“",  "”",  "‘",  "’",  "＂", "＝",     "｛",
                                       "｝", "（", "）", "，", "、", "\u3000", NULL};

    for (size_t i = 0; WIDE[i]; i++)
        if (holds(scanner, begin, WIDE[i]))
            return true;
    return false;
}

/* What is wrong with a word; NULL when it is sound. */
static const char *trouble_with_word(const struct scanner *scanner, size_t begin)
{
    if (holds_wide_sign(scanner, begin))
        return "has full-width signs: write \" = { } , with the input method switched off";
    if (holds(scanner, begin, "+") || holds(scanner, begin, "*"))
        return "needs quotes";
    if (holds(scanner, begin, ";"))
        return "has a ';', which ends nothing here: leave it away, or put the text into quotes";
    if (holds(scanner, begin, "//"))
        return "needs quotes: // begins a comment";
    return NULL;
}

/* What stands without quotes. Takes more than libconfuse does into one word, in order to complain about it. */
static void read_word(struct scanner *scanner, struct token *token)
{
    size_t begin = scanner->at;
    const char *trouble;

    token->kind = TOKEN_WORD;
    if (peek(scanner, 0) == '$' && peek(scanner, 1) == '{') {
        read_variable(scanner);
        begin = scanner->at;
    }
    while (!at_end(scanner) && !ends_word(peek(scanner, 0)) && !(peek(scanner, 0) == '+' && peek(scanner, 1) == '='))
        scanner->at++;
    if (begin != token->begin && begin != scanner->at)
        mistake(scanner, scanner->line, "a variable with more text around it needs quotes");
    trouble = trouble_with_word(scanner, begin);
    if (trouble)
        mistake(scanner, scanner->line, "'%s' %s", excerpt(scanner, begin, scanner->at), trouble);
    if (scanner->at == token->begin) { /* a zero byte */
        mistake(scanner, scanner->line, "a zero byte: this is not a text file");
        scanner->at++;
    }
}

static void read_sign(struct scanner *scanner, struct token *token)
{
    token->kind = TOKEN_SIGN;
    token->sign = peek(scanner, 0);
    scanner->at += token->sign == '+' ? 2 : 1;
}

static struct token read_token(struct scanner *scanner)
{
    bool first = scanner->at == 0 || scanner->bytes[scanner->at - 1] == '\n';
    bool found = skip_to_token(scanner, &first);
    struct token token = {.kind = TOKEN_END, .begin = scanner->at, .line = scanner->line, .first = first};

    if (found) {
        char c = peek(scanner, 0);

        if (c == '"' || c == '\'')
            read_quoted(scanner, &token);
        else if (c != '\0' && (strchr("{}()=,", c) || (c == '+' && peek(scanner, 1) == '=')))
            read_sign(scanner, &token);
        else
            read_word(scanner, &token);
    }
    token.end = scanner->at;
    return token;
}

static bool is_sign(const struct token *token, char sign)
{
    return token->kind == TOKEN_SIGN && token->sign == sign;
}

static bool is_text(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}

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
        while (!ends_word(byte_at(scanner, end)))
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
        at = end_of_line(scanner, at);
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
    struct token token = read_token(scanner);

    *last = token;
    if (is_text(&token) && !(token.kind == TOKEN_WORD && token.line != equals->line))
        return;
    if (!is_sign(&token, '{')) {
        mistake(scanner, equals->line, "there is no value behind '=': nothing is written as \"\"");
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
        mistake(scanner, line, "there are more than %d names in this section", ASSIGNMENTS_MOST);
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
        mistake(
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
        *text = text_between(scanner, name->begin, name->end);
        add_assignment(scanner, *text, name->line, opens);
    } else if (is_text(name)) {
        mistake(scanner, name->line, "'%s' is not a name: names are written without quotes, as in proxy or at_mobiles",
                excerpt(scanner, name->begin, name->end));
    }
}

static void read_body_token(struct scanner *scanner, const struct token *token, struct token *before)
{
    const char *name;

    if (is_sign(token, '=') || is_sign(token, '+')) {
        note_name(scanner, before, false, &name);
        read_value(scanner, token, before);
        if (is_sign(before, '{'))
            open_brace(scanner, before->line, "");
        return;
    }
    if (is_sign(token, '{')) {
        note_name(scanner, before, true, &name);
        open_brace(scanner, token->line, name);
    } else if (is_sign(token, '}')) {
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
    mistake(scanner, scanner->braces[scanner->depth - 1].line,
            "the brace that opens here is never closed: add a } where it ends");
    scanner->lost = true;
}

/* From behind the opening brace to the one that closes it. */
static void read_braces(struct scanner *scanner, const struct token *open)
{
    struct token before = *open;

    open_brace(scanner, open->line, "");
    while (scanner->depth > 0) {
        struct token token = read_token(scanner);

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
    struct token token = read_token(scanner);

    if (token.kind == TOKEN_QUOTED && token.end - token.begin >= 2) {
        scanner->now.title = text_between(scanner, token.begin + 1, token.end - 1);
        token = read_token(scanner);
    }
    if (!is_sign(&token, ')')) {
        mistake(scanner, scanner->now.line, "wanted: %s(\"conf.d/*.conf\")", scanner->now.name);
        resume(scanner, name->begin, name->line);
    }
}

static void read_title(struct scanner *scanner, const struct token *title)
{
    size_t quotes = title->kind == TOKEN_QUOTED && title->end - title->begin >= 2 ? 1 : 0;

    scanner->now.title = text_between(scanner, title->begin + quotes, title->end - quotes);
}

static void no_statement(struct scanner *scanner, const struct token *token)
{
    scanner->now.shape = SHAPE_NONE;
    if (is_sign(token, '}'))
        mistake(scanner, token->line, "this } closes nothing: take it away, or look for a { that is missing before it");
    else
        mistake(scanner, token->line, "'%s' begins no statement: wanted is NAME = VALUE or NAME \"title\" { ... }",
                excerpt(scanner, token->begin, token->end));
    resume(scanner, token->begin, token->line);
}

/* What follows the name. */
static void read_rest(struct scanner *scanner, const struct token *name)
{
    struct token token = read_token(scanner);
    struct token value;

    scanner->now.shape = SHAPE_SECTION;
    if (is_sign(&token, '=') || is_sign(&token, '+')) {
        scanner->now.shape = SHAPE_VALUE;
        read_value(scanner, &token, &value);
        if (is_sign(&value, '{'))
            read_braces(scanner, &value);
        return;
    }
    if (is_sign(&token, '(')) {
        scanner->now.shape = SHAPE_CALL;
        read_call(scanner, name);
        return;
    }
    if (is_text(&token) && token.line == name->line) {
        read_title(scanner, &token);
        token = read_token(scanner);
    }
    if (is_sign(&token, '{')) {
        read_braces(scanner, &token);
        return;
    }
    scanner->now.shape = SHAPE_NONE;
    mistake(scanner, name->line, "'%s' wants %s", scanner->now.name,
            scanner->now.title[0] ? "a { behind its title" : "'= VALUE' or '{ ... }' behind it");
    resume(scanner, name->begin, name->line);
}

/* Bytes that no text has: found by line, since the statement as a whole is long. */
static void check_bytes(struct scanner *scanner, size_t begin, size_t end)
{
    int line = scanner->now.line;

    for (size_t at = begin; at < end && !scanner->now.mistake[0]; line++) {
        size_t stop = end_of_line(scanner, at);

        stop = stop < end ? stop : end;
        if (memchr(scanner->bytes + at, '\0', stop - at) || !utf8_is_clean(text_between(scanner, at, stop)))
            mistake(scanner, line,
                    "there are bytes here that are not text: save the file as UTF-8 (iconv -f GBK -t UTF-8 "
                    "converts one), without control characters");
        at = stop + 1;
    }
}

static void not_a_statement(struct statement *statement, const char *why)
{
    statement->shape = SHAPE_NONE;
    statement->mistake = why;
    statement->mistake_line = statement->line;
}

static void append(struct statements *statements, const struct statement *statement)
{
    if (statements->count == STATEMENTS_MOST)
        return;
    if (statements->count % 64 == 0)
        statements->items =
            arena_grow(statements->arena, statements->items, (statements->count + 64) * sizeof(*statements->items));
    statements->items[statements->count++] = *statement;
    if (statements->count == STATEMENTS_MOST)
        not_a_statement(&statements->items[statements->count - 1],
                        "there are too many statements: this one and what follows is not read");
}

static void keep(struct scanner *scanner, size_t begin)
{
    struct statements *out = scanner->out;

    check_bytes(scanner, begin, scanner->at);
    scanner->now.text = scanner->now.mistake[0] ? "" : text_between(scanner, begin, scanner->at);
    scanner->now.assignments = scanner->assignments;
    append(out, &scanner->now);
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
    token = read_token(scanner);
    scanner->now.line = token.line;
    if (scanner->now.mistake[0] && (token.kind == TOKEN_END || scanner->now.mistake_line < token.line)) {
        comment_not_closed(scanner, &token);
        return true;
    }
    if (token.kind == TOKEN_END)
        return false;
    if (is_name(scanner, &token)) {
        scanner->now.name = text_between(scanner, token.begin, token.end);
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

/* Files. */

const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : arena_copy(arena, path, (size_t)(slash - path));
}

static bool read_all(int descriptor, struct str *content, const char *path, struct fault *fault)
{
    char bytes[16384];
    ssize_t got;

    while ((got = read(descriptor, bytes, sizeof(bytes))) != 0) {
        if (got < 0 && errno != EINTR)
            return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
        if (got > 0)
            str_addn(content, bytes, (size_t)got);
        if (!str_fits(content))
            return fault_set(fault, FAULT_CONFIG, "'%s' is too long: a configuration has at most %d bytes", path,
                             CONFIG_MOST);
    }
    return true;
}

static bool read_open(struct statements *statements, const char *path, int descriptor, struct source_file *source,
                      struct str *content, struct fault *fault)
{
    struct stat found;

    if (fstat(descriptor, &found) != 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode))
        return fault_set(fault, FAULT_CONFIG, "'%s' is not a regular file", path);
    *source = (struct source_file){
        .path = path,
        .others_write = (found.st_mode & S_IWOTH) != 0,
        .others_read = (found.st_mode & S_IROTH) != 0,
        .group_writes = (found.st_mode & S_IWGRP) != 0,
    };
    *content = str_in(statements->arena, CONFIG_MOST - statements->bytes);
    if (!read_all(descriptor, content, path, fault))
        return false;
    statements->bytes += content->len;
    return true;
}

static bool read_file(struct statements *statements, const char *path, struct source_file **source, struct str *content,
                      struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool good;

    if (descriptor < 0)
        return fault_set(fault, FAULT_CONFIG, "cannot read '%s': %s", path, strerror(errno));
    *source = arena_alloc(statements->arena, sizeof(**source));
    good = read_open(statements, path, descriptor, *source, content, fault);
    close(descriptor);
    if (!good)
        return false;
    statements->sources = arena_grow(statements->arena, statements->sources,
                                     (statements->source_count + 1) * sizeof(*statements->sources));
    statements->sources[statements->source_count++] = *source;
    return true;
}

static bool is_include(const struct statement *statement)
{
    return statement->shape == SHAPE_CALL && strcmp(statement->name, "include") == 0 && !statement->mistake[0];
}

static void append_trouble(struct statements *statements, const struct statement *include, const char *why)
{
    struct statement trouble = *include;

    not_a_statement(&trouble, why);
    append(statements, &trouble);
}

static void include_file(struct statements *statements, const struct statement *include, const char *path)
{
    struct statements more = {.arena = statements->arena};
    struct source_file *source = NULL;
    struct str content = {0};
    struct fault fault = {0};

    if (!read_file(statements, path, &source, &content, &fault)) {
        append_trouble(statements, include, arena_print(statements->arena, "%s", fault.text));
        return;
    }
    statements_scan(&more, source, content.text, content.len);
    for (size_t i = 0; i < more.count; i++) {
        if (is_include(&more.items[i]))
            append_trouble(statements, &more.items[i],
                           "an included file cannot include others: move this line into the main file");
        else
            append(statements, &more.items[i]);
    }
}

/* A directory that is not there has no files; one that may not be read hides them. */
static int glob_trouble(const char *path, int error)
{
    (void)path;
    return error != ENOENT;
}

static void free_matches(void *matches)
{
    globfree(matches);
}

/* Many matches are told once. */
static void include_each(struct statements *statements, const struct statement *include, const glob_t *matches)
{
    for (size_t i = 0; i < matches->gl_pathc; i++) {
        if (statements->source_count == CONFIG_FILES_MOST) {
            append_trouble(statements, include,
                           arena_print(statements->arena,
                                       "there are more than %d files: '%s' and those behind it are not read",
                                       CONFIG_FILES_MOST, matches->gl_pathv[i]));
            return;
        }
        include_file(statements, include, matches->gl_pathv[i]);
    }
}

static void include_matches(struct statements *statements, const char *directory, const struct statement *include)
{
    struct arena *arena = statements->arena;
    glob_t *matches = arena_alloc(arena, sizeof(*matches));
    const char *pattern =
        include->title[0] == '/' ? include->title : arena_print(arena, "%s/%s", directory, include->title);
    int found = glob(pattern, 0, glob_trouble, matches);

    arena_defer(arena, free_matches, matches);
    if (found == 0)
        include_each(statements, include, matches);
    else if (found != GLOB_NOMATCH)
        append_trouble(statements, include,
                       arena_print(arena, "cannot look for '%s': is its directory readable?", pattern));
    else if (!strpbrk(pattern, "*?["))
        append_trouble(statements, include, arena_print(arena, "there is no file '%s'", pattern));
}

bool statements_read(struct statements *statements, const char *path, struct fault *fault)
{
    struct statements main = {.arena = statements->arena};
    const char *directory = directory_of(statements->arena, path);
    struct source_file *source = NULL;
    struct str content = {0};

    if (!read_file(statements, path, &source, &content, fault))
        return false;
    statements_scan(&main, source, content.text, content.len);
    for (size_t i = 0; i < main.count; i++) {
        if (is_include(&main.items[i]))
            include_matches(statements, directory, &main.items[i]);
        else
            append(statements, &main.items[i]);
    }
    return true;
}
