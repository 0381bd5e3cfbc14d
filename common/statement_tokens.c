#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/statements_private.h"
#include "common/utf8.h"

void scanner_mistake(struct scanner *scanner, int line, const char *format, ...)
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

const char *scanner_text(const struct scanner *scanner, size_t begin, size_t end)
{
    return arena_copy(scanner->out->arena, scanner->bytes + begin, end - begin);
}

const char *scanner_excerpt(const struct scanner *scanner, size_t begin, size_t end)
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

size_t scanner_line_end(const struct scanner *scanner, size_t at)
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
    size_t after = end ? (size_t)(end - scanner->bytes) + 2 : scanner_line_end(scanner, begin);

    if (!end) {
        scanner->no_more_ends = true;
        scanner_mistake(scanner, scanner->line,
                        "the comment that begins here with /* is never closed: add */ behind it");
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
    const char *inside = scanner_text(scanner, begin, end);
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
        scanner_mistake(scanner, scanner->line,
                        "'${' begins a variable that is not closed: ${NAME}; the signs themselves are \\${");
        scanner->at += 2;
        return;
    }
    if (!variable_known(scanner, begin, end))
        scanner_mistake(
            scanner, scanner->line,
            "the environment has no variable '%s': set it where the program is started, or write ${NAME:-value}",
            scanner_excerpt(scanner, begin, end));
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
        scanner_mistake(scanner, scanner->line,
                        "'\\%s' is not the octal number of a character: a backslash itself is \\\\",
                        scanner_excerpt(scanner, begin, scanner->at));
}

static void read_hexadecimal(struct scanner *scanner)
{
    bool zero = peek(scanner, 1) == '0' && (peek(scanner, 2) == '0' || !isxdigit((unsigned char)peek(scanner, 2)));

    if (zero)
        scanner_mistake(scanner, scanner->line, "'\\x0' would end the text");
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
    scanner_mistake(
        scanner, line,
        "the text that begins with %c is not closed on its line: add %c behind it (a line break in a text is \\n)",
        quote, quote);
    scanner->lost = true;
}

bool sign_ends_word(char c)
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
    while (!at_end(scanner) && !sign_ends_word(peek(scanner, 0)) &&
           !(peek(scanner, 0) == '+' && peek(scanner, 1) == '='))
        scanner->at++;
    if (begin != token->begin && begin != scanner->at)
        scanner_mistake(scanner, scanner->line, "a variable with more text around it needs quotes");
    trouble = trouble_with_word(scanner, begin);
    if (trouble)
        scanner_mistake(scanner, scanner->line, "'%s' %s", scanner_excerpt(scanner, begin, scanner->at), trouble);
    if (scanner->at == token->begin) { /* a zero byte */
        scanner_mistake(scanner, scanner->line, "a zero byte: this is not a text file");
        scanner->at++;
    }
}

static void read_sign(struct scanner *scanner, struct token *token)
{
    token->kind = TOKEN_SIGN;
    token->sign = peek(scanner, 0);
    scanner->at += token->sign == '+' ? 2 : 1;
}

struct token scanner_token(struct scanner *scanner)
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

bool token_is_sign(const struct token *token, char sign)
{
    return token->kind == TOKEN_SIGN && token->sign == sign;
}

bool token_is_text(const struct token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_QUOTED;
}
