/*
 * settings - values given by name turned into a typed struct, by a table of rows.
 *
 * The same for a section of the configuration, for the options of a one-off call, and for both together: later values
 * win. Used for channels (struct channel.options) and for what every section has (section_rows).
 */
#ifndef COMMON_SETTINGS_H
#define COMMON_SETTINGS_H

#include "common/channel.h"

enum { SETTINGS_FILE_MOST = 64 * 1024 }; /* bytes of a file that an option reads */

/* One assignment as somebody wrote it. */
struct given {
    const char *name; /* configuration form: "at_mobiles", "secret_file" */
    struct text_list values;
    const char *where; /* for faults: "/etc/notification-plugins/notification.conf:12" or "--at-mobiles" */
};

struct givens {
    struct arena *arena;
    struct given *items;
    size_t count;
};

void givens_add(struct givens *givens, const char *name, struct text_list values, const char *where);

/* What filling needs to know beside the rows. */
struct settings_reading {
    const char *directory; /* relative file names of the configuration start here */
    const char
        *environment; /* "NOTIFY_DINGTALK_": a secret that is not given is taken from PREFIX + its name in capitals */
    struct secrets *secrets; /* every secret read is added */
};

/* The row that `name` belongs to: its own name, or NAME_file of a secret. NULL when there is none. */
const struct option_row *row_named(const struct option_row *rows, const char *name);

/*
 * Fills `settings` (zeroed) with the initial values and those given. Names without a row are passed over: ask row_named()
 * first. FAULT_CONFIG names where: a missing mandatory option, a word that is not a choice, a number that is none, two
 * values for one text, an unreadable secret.
 */
bool settings_fill(struct arena *arena, const struct option_row *rows, void *settings, const struct givens *givens,
                   const struct settings_reading *reading, struct fault *fault);

/* Does a fault's text begin with this place? "FILE:1" is not the place of "FILE:12: ...". */
bool begins_with_place(const char *text, const char *where);
/* The text behind "WHERE: ": in a finding the place is a field of its own. */
const char *without_place(const char *text, const char *where);

/* Items between commas, without the spaces around them; empty ones are left out. */
struct text_list split_commas(struct arena *arena, const char *text);

/* "90s", "30m", "2h", "1d", "1w", "0" in seconds; the unit is required. */
bool duration_read(const char *text, int64_t *seconds);

/* The known name nearest to `name` by spelling, "" when none is near: for "did you mean". `names` ends with NULL. */
const char *name_nearest(const char *const *names, const char *name);

#endif
