#include "common/writeback_systems.h"

#include <string.h>

#include "common/echo.h"
#include "common/utf8.h"
#include "common/words.h"

enum { NAME_MOST = 60 }; /* characters of the author */

static enum word word_of(enum alert_verb verb)
{
    static const enum word WORDS[] = {
        [ALERT_TAKE] = WORD_WRITEBACK_TAKE,
        [ALERT_SOLVE] = WORD_WRITEBACK_SOLVE,
        [ALERT_RELEASE] = WORD_WRITEBACK_RELEASE,
    };

    return WORDS[verb];
}

const char *writeback_text(struct arena *arena, const struct writeback_order *order, size_t most, enum unit unit)
{
    const char *name = utf8_shorten(arena, order->author, NAME_MOST, UNIT_CHARACTERS);
    const char *mark = echo_mark(arena, order->short_id);
    const char *head = word_print(arena, order->language, word_of(order->verb), &name, 1);
    size_t fixed = utf8_count(head, unit) + utf8_count(mark, unit) + strlen(":  ");

    if (!order->words[0] || fixed >= most)
        return arena_print(arena, "%s %s", head, mark);
    return arena_print(arena, "%s: %s %s", head, utf8_shorten(arena, order->words, most - fixed, unit), mark);
}

static const char *line_of(struct arena *arena, const char *text)
{
    return utf8_clean_line(arena, text, strlen(text));
}

void sightings_add(struct sightings *sightings, struct sighting sighting)
{
    struct arena *arena = sightings->arena;

    if (echo_is_marked(arena, sighting.words, ""))
        return;
    sighting.event_id = line_of(arena, sighting.event_id);
    sighting.host = line_of(arena, sighting.host);
    sighting.service = line_of(arena, sighting.service);
    sighting.author = line_of(arena, sighting.author);
    sighting.words = line_of(arena, sighting.words);
    sightings->items = arena_grow(arena, sightings->items, (sightings->count + 1) * sizeof(*sightings->items));
    sightings->items[sightings->count++] = sighting;
}
