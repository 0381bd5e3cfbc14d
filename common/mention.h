/*
 * mention - whom a message to a group calls: everybody, people by mobile, people by user id. Pure.
 *
 * Names come from the configuration and from the call, never from the message's text.
 */
#ifndef COMMON_MENTION_H
#define COMMON_MENTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"

enum {
    MENTIONS_MOST = 32,    /* of each kind */
    MENTIONS_BYTES = 2000, /* of all with two signs around each: they share the text's limit. Later ones are left out */
};

struct mention_list {
    const char *items[MENTIONS_MOST];
    size_t count;
};

/* Begin with {0}. Each name stands in it once. */
struct mentions {
    struct mention_list mobiles; /* 11 digits for the mainland, else with '+' */
    struct mention_list users;
    bool all;
    size_t bytes;
};

/*
 * "all" and "@all" call everybody, what phone_read() takes is a mobile, other words are user ids. A word with other signs
 * than A-Z a-z 0-9 . _ - @ is left out: it could break out of its mention.
 */
void mentions_add(struct arena *arena, struct mentions *mentions, const char *const *items, size_t count);

/* The same for a list that holds no mobiles: some companies use them as user ids. */
void mentions_add_users(struct mentions *mentions, const char *const *items, size_t count);

bool mentions_any(const struct mentions *mentions);

/* `before` name `after` for each name, with a space between them. */
const char *mentions_text(struct arena *arena, const struct mention_list *list, const char *before, const char *after);

/* The names as an array of texts. */
struct json_object *jset_mentions(struct json_object *object, const char *key, const struct mention_list *list);

#endif
