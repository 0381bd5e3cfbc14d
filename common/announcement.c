#include "common/announcement.h"

#include <string.h>

enum { REPLIES_MOST = 200 }; /* in one pass */

struct said {
    int64_t row; /* of the table, within this pass */
    const char *id;
    int64_t at_ms;
    const char *verb;
    const char *author;
    const char *words;
};

struct saids {
    struct said items[REPLIES_MOST];
    size_t count;
};

static bool keep_said(void *self, struct row *row)
{
    struct saids *saids = self;

    saids->items[saids->count++] = (struct said){.row = row_number(row, 0),
                                                 .id = row_text(row, 1),
                                                 .at_ms = row_number(row, 2),
                                                 .verb = row_text(row, 3),
                                                 .author = row_text(row, 4),
                                                 .words = row_text(row, 5)};
    return saids->count < REPLIES_MOST;
}

static enum word word_of(const char *verb)
{
    if (strcmp(verb, alert_verb_name(ALERT_TAKE)) == 0)
        return WORD_SAID_TAKE;
    return strcmp(verb, alert_verb_name(ALERT_SOLVE)) == 0 ? WORD_SAID_SOLVE : WORD_SAID_RELEASE;
}

static struct event event_of(const struct following *following, const struct alert *alert, const struct said *said)
{
    struct arena *arena = following->world->arena;
    struct event event = followup_event(following, alert);
    const char *values[] = {said->author,
                            words_duration(arena, following->config->language, said->at_ms - alert->opened_ms),
                            alert->subject};

    event.kind = strcmp(said->verb, alert_verb_name(ALERT_TAKE)) == 0 ? EVENT_ACKNOWLEDGEMENT : EVENT_UPDATE;
    event.time_s = said->at_ms / 1000;
    event.author = said->author;
    event.comment = said->words;
    event.duration = values[1];
    event.message = "";
    event.subject = word_print(arena, following->config->language, word_of(said->verb), values, 3);
    return event;
}

static bool mark_announced(const struct following *following, const struct said *said, struct fault *fault)
{
    return store_change(following->store, fault, "UPDATE reply SET announced = 1 WHERE rowid = ?", "i", said->row);
}

static bool announce(const struct following *following, const struct said *said, size_t *made, struct fault *fault)
{
    struct arena *arena = following->world->arena;
    struct followup followup = {.reason = "confirmation",
                                .key = arena_print(arena, "%lld/%s", (long long)said->at_ms, said->verb)};
    struct alert alert;
    struct event event;
    struct plan plan;
    bool found;

    if (!alert_find(following->store, arena, said->id, &alert, &found, fault))
        return false;
    if (found) {
        event = event_of(following, &alert, said);
        followup.alert = &alert;
        followup.event = &event;
        if (!followup_audience(following, &alert, AUDIENCE_TOLD, &plan, fault) ||
            !followup_put(following, &followup, &plan, made, fault))
            return false;
    }
    return mark_announced(following, said, fault);
}

bool announcement_run(const struct following *following, size_t *made, struct fault *fault)
{
    struct arena *arena = arena_new();
    struct saids *saids = arena_alloc(arena, sizeof(*saids));
    bool ran = store_read(following->store, arena, fault,
                          "SELECT r.rowid, a.id, r.at_ms, r.verb, r.author, r.words FROM reply r JOIN alert a"
                          " ON a.problem = r.problem WHERE r.announced = 0 ORDER BY r.at_ms, r.rowid",
                          keep_said, saids, "");

    for (size_t i = 0; ran && i < saids->count; i++) {
        struct world world = *following->world;
        struct following one = *following;

        world.arena = arena_new();
        one.world = &world;
        ran = announce(&one, &saids->items[i], made, fault);
        arena_release(world.arena);
    }
    arena_release(arena);
    return ran;
}
