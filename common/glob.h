/*
 * glob - patterns of names, as routes, mutes and rules for templates have them: * ? [ab], in any case of letters.
 *
 * A backslash is a backslash: names of Windows services hold some.
 */
#ifndef COMMON_GLOB_H
#define COMMON_GLOB_H

#include "common/channel.h"

bool glob_fits(const char *glob, const char *text);
/* The same, where "" asks for nothing. */
bool glob_fits_if_given(const char *glob, const char *text);

/* Whether one of them fits. */
bool globs_fit(struct text_list globs, const char *text);
/* The same for what has a name and, where `display` is not "", one for people. */
bool globs_fit_either(struct text_list globs, const char *name, const char *display);

/* "NAME" is any value of the tag; "NAME=GLOB" one that fits. */
bool glob_fits_tag(const char *glob, const struct pairs *tags);

#endif
