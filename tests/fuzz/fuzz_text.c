/* Any bytes, cleaned, read as a passage and written in every markup, whole and cut. */
#include "tests/fuzz/fuzz.h"

#include "common/markup.h"
#include "common/utf8.h"

static const size_t MOST[] = {0, 1, 40, 500, 100000};

static void write_all(struct arena *arena, const struct passage *passage)
{
    for (enum markup markup = MARKUP_PLAIN; markup <= MARKUP_HTML; markup++)
        for (enum unit unit = UNIT_BYTES; unit <= UNIT_UTF16; unit++)
            for (size_t i = 0; i < sizeof(MOST) / sizeof(*MOST); i++) {
                const char *text = passage_write(arena, passage, markup, MOST[i], unit, LANGUAGE_ZH_CN);

                promise(utf8_count(text, unit) <= MOST[i]);
            }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *clean = utf8_clean(arena, (const char *)data, size);
    char *marked;

    promise(utf8_is_clean(clean));
    write_all(arena, passage_of(arena, clean));
    /* The marks of values, wherever they stand. */
    marked = arena_copy(arena, clean, strlen(clean));
    for (char *at = marked; *at; at++)
        if (*at == '~' || *at == '^')
            *at = *at == '~' ? MARK_VALUE : MARK_END;
    write_all(arena, passage_read(arena, marked));
    arena_release(arena);
    return 0;
}
