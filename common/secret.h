/*
 * secret - text that must not reach a log, a process list or an error message.
 *
 * It is a struct so that printf("%s", secret) does not compile; secret_text()
 * marks the few places that really send it. All secrets of a run are known to
 * one list, and every line that leaves the program is masked with it.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/fault.h"

enum { SECRET_MOST = 4096 }; /* bytes */

struct secret {
    const char *text; /* never NULL; "" when not configured */
};

static inline const char *secret_text(struct secret secret)
{
    return secret.text;
}

static inline bool secret_given(struct secret secret)
{
    return secret.text[0] != '\0';
}

struct secrets {
    struct arena *arena;
    const char **items;
    size_t count;
};

/*
 * Remembers a secret for secrets_mask(). Of an address (http://, https://, smtp://, smtps://, socks...://) only what
 * is secret in it: user and password, path and query after the host, each path segment of 16 characters or more, each
 * value of the query. Texts shorter than 6 bytes are not remembered: masking them would tear ordinary words apart.
 */
void secrets_add(struct secrets *secrets, const char *text);

/* Of a header line ("Authorization: Basic ...") the value, when the name speaks of a credential. */
void secrets_add_header(struct secrets *secrets, const char *line);

/* `text` with every remembered secret, plain or percent-encoded, replaced by "***". */
const char *secrets_mask(struct arena *arena, const struct secrets *secrets, const char *text);

/*
 * Reads a secret from a file: its content without the line break at the end, at most SECRET_MOST bytes, no NUL. Refused
 * when others may read or write it (mode & 0007), when its group may write it, or when it is not a regular file; decided
 * on the opened descriptor. FAULT_CONFIG with the remedy ("chmod o-r ...").
 */
bool secret_read(struct arena *arena, const char *path, struct secret *secret, struct fault *fault);

/* The same refusals for a file that somebody else reads: a private key. */
bool secret_file_fits(const char *path, struct fault *fault);

#endif
