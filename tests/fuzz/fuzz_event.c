/* An event as JSON: what is taken comes back the same. */
#include "tests/fuzz/fuzz.h"

#include "common/event.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct json_object *json = json_read(arena, text_of(arena, data, size), size);
    struct event event = event_empty();
    struct event again = event_empty();
    struct fault fault = {0};

    if (json && event_from_json(arena, json, &event, &fault)) {
        json = event_to_json(arena, &event);
        promise(event_from_json(arena, json, &again, &fault));
        promise(strcmp(json_print(json), json_print(event_to_json(arena, &again))) == 0);
    } else {
        promise(!json || fault.kind == FAULT_INPUT);
    }
    arena_release(arena);
    return 0;
}
