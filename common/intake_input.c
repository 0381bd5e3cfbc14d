#include "common/intake_input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/intake_words.h"
#include "common/str.h"

/* A writer that holds the pipe open and says nothing must not outlast the deadline. */
static bool await(int descriptor, int64_t patience_ms, struct fault *fault)
{
    struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
    int ready;

    do
        ready = poll(&waiting, 1, (int)patience_ms);
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot wait for standard input: %s", strerror(errno));
    return ready > 0 || fault_set(fault, FAULT_INPUT, "nothing came on standard input for %lld seconds",
                                  (long long)patience_ms / 1000);
}

static bool read_all(int descriptor, int64_t patience_ms, struct str *text, struct fault *fault)
{
    char bytes[16 * 1024];

    for (;;) {
        ssize_t got;

        if (!await(descriptor, patience_ms, fault))
            return false;
        got = read(descriptor, bytes, sizeof(bytes));
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return fault_set(fault, FAULT_SYSTEM, "cannot read standard input: %s", strerror(errno));
        if (got == 0)
            return true;
        if (got > 0)
            str_addn(text, bytes, (size_t)got);
        if (!str_fits(text))
            return fault_set(fault, FAULT_INPUT, "standard input is longer than %d bytes", INPUT_MOST);
    }
}

bool input_read(struct arena *arena, int descriptor, int64_t patience_ms, const char **text, struct fault *fault)
{
    struct str read = str_in(arena, INPUT_MOST);

    if (descriptor < 0)
        return fault_set(fault, FAULT_INPUT, "standard input was to be read, but there is none here");
    if (!read_all(descriptor, patience_ms, &read, fault))
        return false;
    while (read.len > 0 && strchr("\r\n", read.text[read.len - 1]))
        read.text[--read.len] = '\0';
    *text = read.text;
    return true;
}

bool input_event(struct arena *arena, const char *text, struct event *event, struct fault *fault)
{
    struct json_object *json = json_read(arena, text, strlen(text));

    if (!json)
        return fault_set(fault, FAULT_INPUT, "standard input is not JSON: one object was wanted, {\"subject\": ...}");
    if (!event_from_json(arena, json, event, fault))
        return fault_in(fault, "standard input");
    if (!json_has(json, "/severity"))
        word_severity(event->state, &event->severity);
    if (!json_has(json, "/kind") && word_is_well(event->state))
        event->kind = EVENT_RECOVERY;
    return true;
}
