/*
 * fault - why something did not work, in words for the operator.
 *
 * Functions that can fail return bool and take a `struct fault *` last. On true
 * the fault is untouched; on false its kind says who can help and its text is
 * one complete line. Callers add where they were with fault_in() on the way up,
 * so the text reads outside-in: "channel 'ops': secret: file is empty".
 */
#ifndef COMMON_FAULT_H
#define COMMON_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_USAGE,  /* the command line is wrong: exit status 3 */
    FAULT_INPUT,  /* the event or its recipient cannot be understood: 2 */
    FAULT_CONFIG, /* a setting is wrong: 2 */
    FAULT_SYSTEM, /* the machine refused (disk, permissions, a missing library): 1 */
};

/* A line of output is at most 300 characters; in UTF-8 and with the parts that are cut from it, this holds it. */
enum { FAULT_TEXT = 1024 };

struct fault {
    enum fault_kind kind;
    char text[FAULT_TEXT]; /* UTF-8, no newline; cut on a character boundary when longer */
};

/* Both return false, so that a failing function reads `return fault_set(...)`. */
bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool fault_in(struct fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The status that a program ends with: see the table "Exit status" of the manual. */
int fault_exit_status(const struct fault *fault);

#endif
