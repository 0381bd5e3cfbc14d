/*
 * intake_line - a command line cut into options, a channel's settings, and operands, by the table call_options[].
 *
 * Options end at "--" or at the first operand: whatever a monitoring system puts behind is data.
 */
#ifndef COMMON_INTAKE_LINE_H
#define COMMON_INTAKE_LINE_H

#include "common/intake.h"

struct line_option {
    const struct call_option *option;
    const char *value; /* "" of one that takes none */
    bool by_letter;
};

struct line {
    struct arena *arena;
    struct line_option *options; /* in their order */
    size_t option_count;
    char **operands;
    size_t operand_count;
    struct givens settings; /* of the channel and of its section */
    enum wish wish;         /* of the first --help or --version: nothing after it was read */
};

/* `argv` without the program. */
bool line_read(const struct intake *intake, size_t argc, char **argv, struct line *line, struct fault *fault);

/* The last value given for the option of this name, NULL when it was not given. */
const char *line_value(const struct line *line, const char *name);

#endif
