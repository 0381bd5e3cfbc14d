#include "common/storm_telling.h"

#include <string.h>

#include "common/storm.h"
#include "common/summary.h"
#include "common/telling.h"

enum {
    CHANGED_MS = 30000,     /* between two changes of an announcement */
    CHANGE_MOST_MS = 10000, /* for one */
};

struct announcing {
    const struct digest_making *making;
    const struct storm *storm;
    struct leg leg;
    int64_t deadline_ms;
    size_t *made;
    struct fault *fault;
};

static struct arena *arena_of(const struct announcing *announcing)
{
    return announcing->making->world->arena;
}

static int64_t now_ms(const struct announcing *announcing)
{
    return world_wall_ms(announcing->making->world);
}

static const char *event_id(const struct announcing *announcing)
{
    return arena_print(arena_of(announcing), "storm-%lld", (long long)announcing->storm->began_ms);
}

static struct digest_set all_of(const struct announcing *announcing)
{
    return (struct digest_set){.section = announcing->storm->section,
                               .recipient_key = announcing->storm->recipient_key,
                               .since_ms = announcing->storm->began_ms,
                               .until_ms = now_ms(announcing)};
}

/* --- while it lasts --- */

static bool write_announcement(struct announcing *announcing, struct event *event, int64_t *problems)
{
    const struct digest_making *making = announcing->making;
    const struct storm *storm = announcing->storm;
    struct digest_set set = all_of(announcing);
    const char *subject;
    const char *text;

    if (!digest_storm(making, storm->recipient_key, storm->began_ms, &subject, problems, announcing->fault) ||
        !digest_write(making, &set, &text, NULL, announcing->fault))
        return false;
    *event = digest_event(
        making, storm->gravest, event_id(announcing), subject,
        arena_print(arena_of(announcing), "%s\n%s", text, word_in(making->config->language, WORD_STORM_HELD)));
    return true;
}

static bool announce(struct announcing *announcing)
{
    const struct digest_making *making = announcing->making;
    const char *id = digest_id(making);
    struct event event;
    int64_t problems;
    bool placed = false;

    if (!write_announcement(announcing, &event, &problems) ||
        !digest_place(making, &announcing->leg, &event, id, "storm", &placed, announcing->fault))
        return false;
    if (!placed)
        return true;
    (*announcing->made)++;
    return storm_shown(making->store, announcing->storm, id, problems, now_ms(announcing), announcing->fault);
}

/* --- a message that is there already, changed --- */

struct sent {
    const char *reference;
    const char *via;
};

static bool keep_sent(void *self, struct row *row)
{
    *(struct sent *)self = (struct sent){.reference = row_text(row, 0), .via = row_text(row, 1)};
    return false;
}

/* The provider's quota holds for changes, too. */
static bool may_change(struct announcing *announcing, const struct sent *sent, bool *may)
{
    const struct section *section = announcing->leg.section;
    struct endpoints pool = asking_pool(arena_of(announcing), section);
    struct quota_ask ask = {
        .pool = {.items = pool.items, .count = 1},
        .problem = "",
        .recipient_key = "",
        .limits = section->channel->endpoint_limits,
        .severity = SEVERITY_INFO,
        .now_ms = now_ms(announcing)
    };
    struct quota_answer answer;

    for (size_t i = 0; i < pool.count; i++)
        if (strcmp(pool.items[i].via, sent->via) == 0)
            ask.pool.items = &pool.items[i];
    if (!quota_take(announcing->making->store, arena_of(announcing), &ask, &answer, announcing->fault))
        return false;
    *may = answer.taken;
    return true;
}

/* An ornament: what became of it changes nothing, and the next change tells as much. */
static void change(struct announcing *announcing, const struct sent *sent, const struct event *event)
{
    const struct world *world = announcing->making->world;
    int64_t deadline_ms = world_steady_ms(world) + CHANGE_MOST_MS;
    struct telling telling = {
        .world = world,
        .config = announcing->making->config,
        .event = event,
        .id = announcing->storm->announced_by,
        .template_name = "summary",
        .late = "",
        .deadline_ms = deadline_ms < announcing->deadline_ms ? deadline_ms : announcing->deadline_ms,
        .attempts_most = 1,
        .update = sent->reference,
    };
    struct leg leg = announcing->leg;
    struct chain chain = {.legs = &leg, .leg_count = 1};

    leg.via = config_sender(leg.section, sent->via);
    tell_chain(&telling, &chain, 0);
}

static bool change_if_possible(struct announcing *announcing, const struct event *event)
{
    struct sent sent = {.reference = "", .via = ""};
    bool may = false;

    if (!(announcing->leg.section->channel->verbs & VERB_UPDATE))
        return true;
    if (!store_read(announcing->making->store, arena_of(announcing), announcing->fault,
                    "SELECT reference, delivered_by FROM notification WHERE id = ? AND outcome = 'delivered'",
                    keep_sent, &sent, "t", announcing->storm->announced_by))
        return false;
    if (sent.reference[0] == '\0')
        return true;
    if (!may_change(announcing, &sent, &may))
        return false;
    if (may)
        change(announcing, &sent, event);
    return true;
}

static bool keep_up_to_date(struct announcing *announcing)
{
    const struct storm *storm = announcing->storm;
    int64_t ago_ms = now_ms(announcing) - storm->shown_ms;
    struct event event;
    int64_t problems;

    if (ago_ms >= 0 && ago_ms < CHANGED_MS)
        return true;
    if (!write_announcement(announcing, &event, &problems))
        return false;
    return problems == storm->shown ||
           (change_if_possible(announcing, &event) && storm_shown(announcing->making->store, storm, storm->announced_by,
                                                                  problems, now_ms(announcing), announcing->fault));
}

/* --- its end --- */

static bool write_end(struct announcing *announcing, const struct digest_set *set, struct event *event)
{
    const struct digest_making *making = announcing->making;
    int64_t minutes = (now_ms(announcing) - announcing->storm->began_ms + 59999) / 60000;
    int64_t problems = 0;
    int64_t open = 0;
    const char *values[3];
    const char *text;

    if (!digest_count(making, set, &problems, announcing->fault) ||
        !digest_write(making, set, &text, &open, announcing->fault))
        return false;
    values[0] = digest_number(making, minutes > 0 ? minutes : 1);
    values[1] = digest_number(making, problems);
    values[2] = digest_number(making, open);
    *event = digest_event(making, open > 0 ? announcing->storm->gravest : SEVERITY_INFO, event_id(announcing),
                          word_print(arena_of(announcing), making->config->language, WORD_STORM_OVER, values, 3), text);
    return true;
}

/* What was held back before it, and recoveries of what others told, are left to a summary: it does not speak of them. */
static bool end(struct announcing *announcing)
{
    const struct digest_making *making = announcing->making;
    const struct storm *storm = announcing->storm;
    const char *id = digest_id(making);
    struct digest_set set = all_of(announcing);
    struct event event;
    bool placed = false;

    if (!write_end(announcing, &set, &event) ||
        !digest_place(making, &announcing->leg, &event, id, "storm", &placed, announcing->fault))
        return false;
    if (!placed)
        return true;
    (*announcing->made)++;
    return summary_claim(making, &set, set.until_ms, id, announcing->fault) && change_if_possible(announcing, &event) &&
           storm_forget(making->store, storm, announcing->fault);
}

/* One that was never announced ends without a word: what it held back is told in a summary. */
static bool attend_to(struct announcing *announcing)
{
    const struct digest_making *making = announcing->making;
    const struct storm *storm = announcing->storm;
    struct fault unusable = {0};
    bool usable = leg_of_record(making->world->arena, making->config, storm->section, storm->recipients,
                                &announcing->leg, &unusable);
    bool over;
    bool room;

    if (!storm_is_over(making->store, &making->config->storm, storm, now_ms(announcing), &over, announcing->fault))
        return false;
    if (!usable || (over && storm->announced_by[0] == '\0'))
        return !over || storm_forget(making->store, storm, announcing->fault);
    if (!over && storm->announced_by[0])
        return keep_up_to_date(announcing);
    if (!digest_has_room(making, &announcing->leg, storm->gravest, &room, announcing->fault))
        return false;
    if (!room)
        return true;
    return over ? end(announcing) : announce(announcing);
}

bool storm_tell(const struct digest_making *making, int64_t deadline_ms, size_t *made, struct fault *fault)
{
    struct storm *storms;
    size_t count;

    if (!storm_list(making->store, making->world->arena, &storms, &count, fault))
        return false;
    for (size_t i = 0; i < count && world_steady_ms(making->world) < deadline_ms; i++) {
        struct announcing announcing = {
            .making = making, .storm = &storms[i], .deadline_ms = deadline_ms, .made = made, .fault = fault};

        if (!attend_to(&announcing))
            return false;
    }
    return true;
}
