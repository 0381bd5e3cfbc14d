/*
 * show - the record as a person enjoys reading it: one block a message, as the member of the group sees it.
 */
#ifndef SANDBOX_SHOW_H
#define SANDBOX_SHOW_H

#include <stdio.h>

#include "common/fault.h"
#include "common/json.h"
#include "common/words.h"

enum { EXPECTED_MOST = 32 };

/* How many messages of a channel must have arrived. */
struct expected {
    const char *channel;
    long count;
    long arrived; /* counted by show_file() */
};

struct showing {
    FILE *out;
    bool color;
    enum language language;
    struct expected expected[EXPECTED_MOST];
    size_t expected_count;
    long arrived; /* accepted, of all channels */
    long refused;
    long wrong; /* with a wrong or unchecked signature, token or login */
};

/* One block. */
void show_entry(struct arena *arena, const struct showing *showing, struct json_object *entry);

/*
 * Every message of the record at `path`, then what was expected and is missing, then a closing line. *complete is false
 * when something expected is missing. FAULT_SYSTEM when the record cannot be read, FAULT_INPUT naming a line that is not
 * an entry.
 */
bool show_file(struct arena *arena, struct showing *showing, const char *path, bool *complete, struct fault *fault);

#endif
