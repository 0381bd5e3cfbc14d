/*
 * statements_private - how a configuration file is read sign by sign: shared by statement_tokens.c (signs become tokens),
 * statements.c (tokens become statements) and statement_files.c (files and what they include), and by nobody else.
 */
#ifndef COMMON_STATEMENTS_PRIVATE_H
#define COMMON_STATEMENTS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/statements.h"

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
void scanner_mistake(struct scanner *scanner, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The next token; comments before it become blanks. What is wrong with it is a mistake of the statement being read. */
struct token scanner_token(struct scanner *scanner);

const char *scanner_text(const struct scanner *scanner, size_t begin, size_t end);

/* For complaints: a piece of the file, short, of one line. */
const char *scanner_excerpt(const struct scanner *scanner, size_t begin, size_t end);

/* Where the line that `at` stands in ends: at its line break, or at the end of the file. */
size_t scanner_line_end(const struct scanner *scanner, size_t at);

bool token_is_sign(const struct token *token, char sign);

/* A word or a text in quotes: what can be a title or a value. */
bool token_is_text(const struct token *token);

/* True for what cannot stand in a word without quotes; also for the zero behind the end. */
bool sign_ends_word(char c);

/* Makes it one that cannot be used, because of its first line. */
void statement_refuse(struct statement *statement, const char *why);

/* Up to STATEMENTS_MOST; the last one then says that there are too many. */
void statements_append(struct statements *statements, const struct statement *statement);

#endif
