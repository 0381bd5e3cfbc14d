/* The command line: words of the input, parted by NUL, are the arguments of a notify_*. */
#include "tests/fuzz/fuzz.h"

#include "common/intake.h"
#include "common/utf8.h"
#include "plugins/channels.h"

enum { WORDS_MOST = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = text_of(arena, data, size);
    char program[] = "notify_webhook";
    char *environment[] = {NULL};
    char *words[WORDS_MOST + 2] = {program};
    int count = 1;
    struct call call = {0};
    struct fault fault = {0};

    for (size_t at = 0; at < size && count <= WORDS_MOST; at += strlen(text + at) + 1)
        words[count++] = text + at;
    if (intake_read(&(struct intake){.arena = arena,
                                     .argc = count,
                                     .argv = words,
                                     .environment = environment,
                                     .input = -1,
                                     .rows = channels_all[0]->options,
                                     .program = program},
                    &call, &fault)) {
        promise(call.wish != WISH_SEND || call.source != SOURCE_AUTO);
        for (const struct event_field *field = event_fields; call.wish == WISH_SEND && field->name; field++)
            promise(utf8_is_clean(event_text(&call.event, field)));
    } else {
        promise(fault.kind != FAULT_NONE && fault.text[0] && !strchr(fault.text, '\n'));
    }
    arena_release(arena);
    return 0;
}
