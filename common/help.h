/* help - --help and --version of the programs, made from their tables. Pure. */
#ifndef COMMON_HELP_H
#define COMMON_HELP_H

#include "common/channel.h"

/* Fits a screen of 80 columns: how it is called, the channel's own options, one real example, where the rest is told. */
const char *help_text(struct arena *arena, const struct channel *channel);
const char *help_of_route(void);
/* Of one command of a program that has several: all its arguments. */
const char *help_of_command(struct arena *arena, const char *program, const char *command, const char *arguments,
                            const char *summary);
const char *version_text(struct arena *arena, const char *program);

#endif
