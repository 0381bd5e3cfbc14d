/*
 * config_reading - what the files that read the configuration have in common: values by kind, blocks, titles, findings.
 *
 * Private to config.c and config_*.c. A wrong value is a finding with FILE:LINE, and what was there before stays.
 */
#ifndef COMMON_CONFIG_READING_H
#define COMMON_CONFIG_READING_H

#include "common/config.h"
#include "common/form.h"

/* What the values of a block can be; all but the channels' own options. */
enum value_kind {
    VALUE_TEXT,
    VALUE_PATH,     /* relative to the main file's directory */
    VALUE_ADDRESS,  /* http:// or https:// */
    VALUE_ZONE,     /* time zone */
    VALUE_LANGUAGE, /* enum language */
    VALUE_LIST,     /* struct text_list */
    VALUE_FLAG,     /* bool */
    VALUE_NUMBER,   /* int64_t */
    VALUE_DURATION, /* int64_t, seconds */
    VALUE_SEVERITY, /* int64_t; "none" is SEVERITY_COUNT */
    VALUE_EXEMPT,   /* unsigned: a bit for this severity and each graver one; "none" is 0 */
    VALUE_RANGE,    /* unsigned: a bit for each severity of "error", "warning..error" or "..warning" */
    VALUE_CLOCK,    /* int64_t: seconds since midnight of "09:00", up to "24:00" */
    VALUE_CHOICE,   /* int64_t: the place of the word among `choices` */
};

struct value_row {
    const char *name;
    enum value_kind kind;
    size_t offset;
    int64_t least; /* of numbers and durations */
    int64_t most;
    const char *choices; /* of a choice: words separated by spaces */
    const char *help;    /* of what is an option of a call, too */
};

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

#define ROW(name_, kind_, type_, field_, least_, most_)                                                               \
    {                                                                                                                 \
        .name = (name_), .kind = VALUE_##kind_, .offset = offsetof(type_, field_), .least = (least_), .most = (most_) \
    }
/* One that is an option as well: --BLOCK-NAME. The manual is made of these rows. */
#define ROW_OPTION(name_, kind_, type_, field_, least_, most_, help_)                                                  \
    {                                                                                                                  \
        .name = (name_), .kind = VALUE_##kind_, .offset = offsetof(type_, field_), .least = (least_), .most = (most_), \
        .help = (help_)                                                                                                \
    }
#define ROW_CHOICE(name_, type_, field_, choices_)                                                      \
    {                                                                                                   \
        .name = (name_), .kind = VALUE_CHOICE, .offset = offsetof(type_, field_), .choices = (choices_) \
    }
#define ROW_END      \
    {                \
        .name = NULL \
    }

struct reading {
    struct config *config;
    struct arena *arena;
    const struct channel *const *channels;
    const struct statement *now;
    struct givens seen; /* statements that may stand once only */
};

/* "FILE:LINE" of a line, and of the statement. */
const char *reading_at(const struct reading *reading, int line);
const char *reading_here(const struct reading *reading);

/* NULL when no row has this name. */
const struct value_row *value_row_named(const struct value_row *rows, const char *name);

/* Sets the fields of `object` that are given. */
void reading_fill(const struct reading *reading, const struct value_row *rows, const struct givens *givens,
                  void *object);

void form_add_values(struct form *form, const struct value_row *rows);
/* Options of a channel or monitor; of a secret NAME_file, too. */
void form_add_options(struct form *form, const struct option_row *rows);
struct form form_of_values(struct arena *arena, const struct value_row *rows);

/* False with a finding. */
bool reading_parse(const struct reading *reading, const struct form *form, struct parsed *parsed);
/* With a finding, what is not known is passed over; false when nothing can be read. */
bool reading_parse_leniently(const struct reading *reading, const struct form *form, struct parsed *parsed);

/* The last of this name, NULL when there is none. */
const struct given *given_named(const struct givens *givens, const char *name);

/* A secret both in place and in a file: nobody knows which was meant. */
void reading_find_doubles(const struct reading *reading, const struct option_row *rows, const struct givens *givens);
/* A secret that stands in the file itself, and not in a variable, is as secret as the file. */
void reading_check_secrets(const struct reading *reading, const struct option_row *rows, const struct givens *givens);

/* What a block (NULL when it was not written) sets, with the line of each; "" is the statement's own. */
struct givens reading_gather(const struct reading *reading, cfg_t *cfg, const char *block);
/* The same of the block's occurrence `number`, from 0. */
struct givens reading_gather_nth(const struct reading *reading, cfg_t *cfg, const char *block, size_t number);
/* The line where that occurrence begins. */
int reading_line_of_nth(const struct reading *reading, const char *block, size_t number);

/* Says so when the statement has not the shape that its name wants, such as `contact "TITLE" { ... }`. */
bool reading_has_shape(const struct reading *reading, enum shape shape, const char *want);

/* What is wrong with a title; "" when nothing is. */
const char *title_trouble(struct arena *arena, const char *title);
bool reading_title_fits(const struct reading *reading);
/* `where_taken` is NULL when nobody has the title. */
bool reading_title_is_free(const struct reading *reading, const char *where_taken);

/* The values of a block `limit {...}`, `retry {...}` or `confirm {...}` over those that are there. */
extern const struct value_row limit_rows[];
extern const struct value_row retry_rows[];
struct retry_policy reading_take_retry(const struct reading *reading, const struct givens *givens,
                                       struct retry_policy policy);
extern const struct value_row confirm_rows[];
void reading_take_confirm(const struct reading *reading, const struct givens *givens,
                          struct confirmation *confirmation);

/* config_monitors.c; false when the statement is no monitor. */
bool reading_take_monitor(struct reading *reading);

#endif
