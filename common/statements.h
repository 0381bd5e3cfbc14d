/*
 * statements - a configuration file cut into its top-level statements.
 *
 * libconfuse stops at the first mistake, resets a section whose title is repeated, takes an unset variable for "" and
 * calls a section that is never closed a success. So each statement is found here first and parsed alone: a mistake costs
 * the statement that it stands in. The scanner knows quotes, escapes, comments, braces and lines, and nothing of what
 * names mean. It is pure but for statements_read(), which opens files.
 *
 * Stricter than libconfuse where that would silently read something else: a text in quotes ends on its line, and
 * characters that libconfuse passes over outside of quotes (+ *) or reads as a comment (the // of an address) are
 * mistakes. Variables are expanded in double quotes and outside of quotes, not in single quotes, as libconfuse does.
 */
#ifndef COMMON_STATEMENTS_H
#define COMMON_STATEMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/fault.h"

/* Bytes of all files together; files; statements; names in one of them; braces inside each other. */
enum {
    CONFIG_MOST = 4 * 1024 * 1024,
    CONFIG_FILES_MOST = 200,
    STATEMENTS_MOST = 10000,
    ASSIGNMENTS_MOST = 1000,
    BRACES_MOST = 4,
};

enum shape {
    SHAPE_VALUE,   /* NAME = VALUE */
    SHAPE_SECTION, /* NAME { ... } or NAME "title" { ... } */
    SHAPE_CALL,    /* NAME("argument") */
    SHAPE_NONE,    /* something that is no statement; `mistake` says what */
};

/* One `NAME = ...` or `NAME { ... }` inside a section. */
struct assignment {
    const char *block; /* "" directly in the section, else the name of the block around it */
    const char *name;
    int line;
    bool opens; /* it is a block itself */
};

struct source_file {
    const char *path;
    bool others_write; /* every user of the machine may change it */
    bool others_read;
    bool group_writes;
};

struct statement {
    const struct source_file *source;
    int line; /* where it begins */
    enum shape shape;
    const char *name; /* "" when there is none */
    const char
        *title; /* of a section, or the argument of a call, as it stands between the quotes; "" when there is none */
    const char *text; /* the statement alone; its comments are blanks, so that lines stay */
    const struct assignment *assignments;
    size_t assignment_count;
    const char *mistake; /* why it cannot be used, "" when it can be parsed */
    int mistake_line;
};

struct statements {
    struct arena *arena;
    struct statement *items;
    size_t count;
    const struct source_file **sources;
    size_t source_count;
    size_t bytes; /* read so far */
};

/* Appends the statements of one text. Takes time in proportion to `len`, whatever is in it. */
void statements_scan(struct statements *statements, const struct source_file *source, const char *bytes, size_t len);

/*
 * Reads a file and what it includes: include("PATTERN") takes each file that matches, sorted by name, at the place where
 * it stands; the pattern starts at the directory of `path`. An included file includes nothing. Mistakes around including are
 * statements of SHAPE_NONE. False and FAULT_CONFIG only when `path` itself cannot be read.
 */
bool statements_read(struct statements *statements, const char *path, struct fault *fault);

/* The directory part of a path: "." when it has none. */
const char *directory_of(struct arena *arena, const char *path);

#endif
