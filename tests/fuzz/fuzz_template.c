/* A template: before the first NUL its text, after it the values as JSON. */
#include "tests/fuzz/fuzz.h"

#include "common/json.h"
#include "common/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    char *text = text_of(arena, data, size);
    size_t len = strlen(text);
    struct json_object *values = len < size ? json_read(arena, text + len + 1, size - len - 1) : NULL;
    struct fault fault = {0};
    struct template *template = template_parse(arena, "fuzz", text, NULL, &fault);

    promise(template || fault.kind == FAULT_CONFIG);
    if (!values)
        values = json_doc(arena);
    for (enum escape escape = ESCAPE_HTML; template && escape <= ESCAPE_URL; escape++)
        promise(strlen(template_render(arena, template, values, escape)) <= 8 * (size_t)RENDERED_MOST);
    arena_release(arena);
    return 0;
}
