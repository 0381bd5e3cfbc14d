/*
 * config_policy - statements about people, times and words: contact, calendar, rotation, route, template. Each stands in a file of its own,
 * config_contacts.c and so on; here is what they have in common.
 *
 * Private to config.c and config_*.c.
 */
#ifndef COMMON_CONFIG_POLICY_H
#define COMMON_CONFIG_POLICY_H

#include "common/config_reading.h"
#include "common/route.h"

/* One kind of statement: NAME "TITLE" { ... }. What is not known inside is a finding, and the rest is used. */
struct policy_statement {
    const char *name;
    struct form (*form)(const struct reading *reading);
    void (*fill)(struct reading *reading, cfg_t *cfg);
    const char *(*where_taken)(const struct config *config, const char *title); /* NULL when the title is free */
    bool any_title;                                                             /* it is read by people only */
    bool people;                                                                /* it is written @TITLE: not @all */
    void (*check)(struct config *config); /* once all are read: whether those named are there; may be NULL */
};
extern const struct policy_statement contact_statement;
extern const struct policy_statement calendar_statement;
extern const struct policy_statement rotation_statement;
extern const struct policy_statement route_statement;
extern const struct policy_statement template_statement;

/* False when the statement is none of them. */
bool policy_read(struct reading *reading);
/* Once all statements are read. */
void policy_check_names(struct config *config);
/* Their names, for "did you mean". */
void policy_add_names(struct form *form);

/* "@zhang" is a title; without the @ it is the same where only people can be meant. */
bool policy_is_title(const char *text);
const char *policy_bare(const char *title);

/* "FILE:LINE" of a value, or of the statement when it is not given. */
const char *policy_where(const struct reading *reading, const struct givens *givens, const char *name);

/* A mistake leaves out the hours that it stands in; when none are left, they are `always`. */
struct hours_list policy_hours(const struct reading *reading, const struct givens *givens, const char *name);
void policy_check_hours(struct config *config, const char *where, const struct hours_list *list);

/* In the configuration's zone, without a file. */
struct calendar *policy_new_calendar(const struct reading *reading, const char *title, const char *where);

/* Titles and @names that stand in `who`, "'operator'" or "route \"db\"", must be there. */
void config_check_channels(struct config *config, const char *where, const char *who, const struct text_list *channels);
void config_check_people(struct config *config, const char *where, const char *who, const struct text_list *to);

#endif
