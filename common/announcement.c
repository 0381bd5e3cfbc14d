#include "common/announcement.h"

#include <string.h>

struct said {
    struct alert alert;
    int64_t row; /* of the table, within this pass */
    int64_t at_ms;
    const char *verb;
    const char *author;
    const char *words;
};

static void read_said(struct row *row, void *said)
{
    *(struct said *)said = (struct said){
        .alert = alert_of_row(row),
        .row = row_number(row, ALERT_COLUMN_COUNT),
        .at_ms = row_number(row, ALERT_COLUMN_COUNT + 1),
        .verb = row_text(row, ALERT_COLUMN_COUNT + 2),
        .author = row_text(row, ALERT_COLUMN_COUNT + 3),
        .words = row_text(row, ALERT_COLUMN_COUNT + 4),
    };
}

static enum word word_of(const char *verb)
{
    if (strcmp(verb, alert_verb_name(ALERT_TAKE)) == 0)
        return WORD_SAID_TAKE;
    return strcmp(verb, alert_verb_name(ALERT_SOLVE)) == 0 ? WORD_SAID_SOLVE : WORD_SAID_RELEASE;
}

static struct event event_of(const struct following *following, const struct said *said)
{
    struct arena *arena = following->world->arena;
    struct event event = followup_event(following, &said->alert);
    const char *values[] = {said->author,
                            words_duration(arena, following->config->language, said->at_ms - said->alert.opened_ms),
                            said->alert.subject};

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

static bool announce(const struct following *following, const void *item, size_t *made, struct fault *fault)
{
    const struct said *said = item;
    struct event event = event_of(following, said);
    struct followup followup = {
        .alert = &said->alert,
        .event = &event,
        .reason = "confirmation",
        .key = arena_print(following->world->arena, "%lld/%s", (long long)said->at_ms, said->verb),
    };
    struct plan plan;

    return followup_audience(following, &said->alert, AUDIENCE_TOLD, &plan, fault) &&
           followup_put(following, &followup, &plan, made, fault) && mark_announced(following, said, fault);
}

static const struct followup_dues REPLIES = {
    .sql = "SELECT " ALERT_COLUMNS ", r.rowid, r.at_ms, r.verb, r.author, r.words FROM reply r JOIN alert a"
           " ON a.problem = r.problem WHERE r.announced = 0 ORDER BY r.at_ms, r.rowid LIMIT ?2",
    .size = sizeof(struct said),
    .read = read_said,
    .act = announce,
};

bool announcement_run(const struct following *following, size_t *made, struct fault *fault)
{
    return followup_each(following, &REPLIES, 0, made, fault);
}
