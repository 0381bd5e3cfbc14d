#include "common/glob.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

bool glob_fits(const char *glob, const char *text)
{
    return fnmatch(glob, text, FNM_NOESCAPE | FNM_CASEFOLD) == 0;
}

bool glob_fits_if_given(const char *glob, const char *text)
{
    return glob[0] == '\0' || glob_fits(glob, text);
}

bool globs_fit(struct text_list globs, const char *text)
{
    for (size_t i = 0; i < globs.count; i++)
        if (glob_fits(globs.items[i], text))
            return true;
    return false;
}

bool globs_fit_either(struct text_list globs, const char *name, const char *display)
{
    return globs_fit(globs, name) || (display[0] && globs_fit(globs, display));
}

bool glob_fits_tag(const char *glob, const struct pairs *tags)
{
    const char *equals = strchr(glob, '=');
    size_t len = equals ? (size_t)(equals - glob) : strlen(glob);

    for (size_t i = 0; i < tags->count; i++)
        if (strlen(tags->items[i].name) == len && strncasecmp(tags->items[i].name, glob, len) == 0 &&
            (!equals || glob_fits(equals + 1, tags->items[i].value)))
            return true;
    return false;
}
