/* mute - known trouble kept quiet for a while by a person, with a reason; it ends by itself. */
#ifndef COMMON_MUTE_H
#define COMMON_MUTE_H

#include "common/store.h"

enum { MUTE_MOST_S = 30 * 86400, MUTE_ID_BYTES = 4 };

/* Globs; "" for any. At least one of them is given. */
struct mute {
    const char *id; /* world_hex() of MUTE_ID_BYTES */
    const char *host;
    const char *service;
    const char *tag; /* "NAME" or "NAME=GLOB" */
    const char *section;
    int64_t from_ms;
    int64_t until_ms; /* at most MUTE_MOST_S later */
    const char *author;
    const char *words;
};

/* For queries that begin with "SELECT " MUTE_COLUMNS " FROM mute". */
#define MUTE_COLUMNS "id, host, service, tag, section, from_ms, until_ms, author, words"
struct mute mute_of_row(struct row *row);

bool mute_add(struct store *store, const struct mute *mute, struct fault *fault);

/* Those in force, soonest to end first. */
bool mute_list(struct store *store, struct arena *arena, int64_t now_ms,
               bool (*each)(void *self, const struct mute *mute), void *self, struct fault *fault);

/* Ends one by id, or all with "". */
bool mute_end(struct store *store, const char *id, int64_t now_ms, int64_t *count, struct fault *fault);

#endif
