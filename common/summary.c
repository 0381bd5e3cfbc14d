#include "common/summary.h"

#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/str.h"
#include "common/utf8.h"

enum {
    GROUPS_MOST = 200,  /* in one pass */
    ROWS_MOST = 5000,   /* read for one summary; the rest is counted only */
    NAMED_MOST = 5,     /* hosts, services */
    OPEN_MOST = 10,     /* problems still open */
    PAIRS_MOST = 5,     /* problems that came and went */
    BETWEEN_MS = 60000, /* two summaries to the same people are at least this far apart */
};

struct group {
    const char *section;
    const char *recipient_key;
    const char *recipients;
    int64_t count;
    int64_t first_ms;
    int64_t last_ms;
    enum severity worst;
};

struct groups {
    struct arena *arena;
    struct group items[GROUPS_MOST];
    size_t count;
};

static bool keep_group(void *self, struct row *row)
{
    struct groups *groups = self;

    groups->items[groups->count++] = (struct group){
        .section = row_text(row, 0),
        .recipient_key = row_text(row, 1),
        .recipients = row_text(row, 2),
        .count = row_number(row, 3),
        .first_ms = row_number(row, 4),
        .last_ms = row_number(row, 5),
        .worst = severity_of_number(row_number(row, 6)),
    };
    return groups->count < GROUPS_MOST;
}

/* --- what a group holds --- */

struct held {
    const char *problem;
    const char *host;
    const char *service;
    const char *subject;
    enum severity severity;
    int64_t created_ms;
    int64_t over_ms; /* when its recovery came; 0 while it is open */
};

struct helds {
    struct arena *arena;
    struct held *items;
    size_t count;
};

static bool keep_held(void *self, struct row *row)
{
    struct helds *helds = self;

    helds->items[helds->count++] = (struct held){
        .problem = row_text(row, 0),
        .host = row_text(row, 1),
        .service = row_text(row, 2),
        .subject = row_text(row, 3),
        .severity = severity_of_number(row_number(row, 4)),
        .created_ms = row_number(row, 5),
        .over_ms = row_number(row, 6),
    };
    return helds->count < ROWS_MOST;
}

static bool read_helds(const struct summary_making *making, struct arena *arena, const struct group *group,
                       struct helds *helds, struct fault *fault)
{
    *helds = (struct helds){.arena = arena, .items = arena_alloc(arena, ROWS_MOST * sizeof(*helds->items))};
    return store_read(
        making->store, arena, fault,
        "SELECT n.problem, n.host, n.service, n.subject, n.severity, n.created_ms,"
        " COALESCE((SELECT MIN(r.created_ms) FROM notification r WHERE r.problem = n.problem AND"
        " r.recipient_key = n.recipient_key AND r.kind = 'recovery' AND r.created_ms >= n.created_ms), 0)"
        " FROM notification n WHERE n.section = ? AND n.recipient_key = ? AND n.outcome = 'held'"
        " AND n.ended_ms = 0 AND n.created_ms <= ? AND n.release_ms <= ? ORDER BY n.severity DESC, n.created_ms",
        keep_held, helds, "ttii", group->section, group->recipient_key, group->last_ms, world_wall_ms(making->world));
}

/* --- words --- */

struct writing {
    struct arena *arena;
    const struct config *config;
    enum language language;
    struct str text;
};

static const char *say(struct writing *writing, enum word word, const char *one, const char *two)
{
    const char *values[] = {one, two};

    return word_print(writing->arena, writing->language, word, values, 2);
}

static const char *number(struct writing *writing, int64_t value)
{
    return arena_print(writing->arena, "%lld", (long long)value);
}

/* A name and how often it was seen. */
struct tally {
    const char *name;
    size_t count;
};

static int by_count(const void *one, const void *other)
{
    const struct tally *a = one;
    const struct tally *b = other;

    return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->name, b->name);
}

static int by_name(const void *one, const void *other)
{
    return strcmp(((const struct tally *)one)->name, ((const struct tally *)other)->name);
}

/* Equal names become one entry with their number; the most frequent stand first. */
static size_t tally_up(struct tally *tallies, size_t count)
{
    size_t distinct = 0;

    qsort(tallies, count, sizeof(*tallies), by_name);
    for (size_t i = 0; i < count; i++) {
        if (distinct > 0 && strcmp(tallies[distinct - 1].name, tallies[i].name) == 0)
            tallies[distinct - 1].count++;
        else
            tallies[distinct++] = tallies[i];
    }
    qsort(tallies, distinct, sizeof(*tallies), by_count);
    return distinct;
}

static void write_tally(struct writing *writing, enum word label, const struct helds *helds, bool services)
{
    struct tally *tallies = arena_alloc(writing->arena, (helds->count + 1) * sizeof(*tallies));
    size_t count = 0;

    for (size_t i = 0; i < helds->count; i++) {
        const char *name = services ? helds->items[i].service : helds->items[i].host;

        if (name[0])
            tallies[count++] = (struct tally){.name = name, .count = 1};
    }
    count = tally_up(tallies, count);
    for (size_t i = 0; i < count && i < NAMED_MOST; i++)
        str_addf(&writing->text, "%s%s ×%zu", i == 0 ? word_in(writing->language, label) : ", ", tallies[i].name,
                 tallies[i].count);
    if (count > 0)
        str_add(&writing->text, count > NAMED_MOST ? ", …\n" : "\n");
}

static const char *place_of(struct writing *writing, const struct held *held)
{
    return held->service[0] ? arena_print(writing->arena, "%s / %s", held->host, held->service) : held->host;
}

static void write_open(struct writing *writing, const struct helds *helds)
{
    size_t open = 0;

    for (size_t i = 0; i < helds->count; i++) {
        const struct held *held = &helds->items[i];

        if (held->over_ms || ++open > OPEN_MOST)
            continue;
        if (open == 1)
            str_addf(&writing->text, "%s\n", word_in(writing->language, WORD_SUMMARY_OPEN));
        str_addf(&writing->text, "%s %s: %s\n",
                 civil_format(writing->arena, held->created_ms / 1000, writing->config->timezone, "%H:%M"),
                 place_of(writing, held), held->subject);
    }
    if (open > OPEN_MOST)
        str_addf(&writing->text, "%s\n",
                 say(writing, WORD_SUMMARY_MORE, number(writing, (int64_t)(open - OPEN_MOST)), ""));
}

static void write_pairs(struct writing *writing, const struct helds *helds)
{
    size_t pairs = 0;

    for (size_t i = 0; i < helds->count; i++) {
        const struct held *held = &helds->items[i];

        if (!held->over_ms || ++pairs > PAIRS_MOST)
            continue;
        str_addf(&writing->text, "%s\n",
                 say(writing, WORD_SUMMARY_PAIR, place_of(writing, held),
                     civil_duration(writing->arena, (held->over_ms - held->created_ms) / 1000)));
    }
    if (pairs > PAIRS_MOST)
        str_addf(&writing->text, "%s\n",
                 say(writing, WORD_SUMMARY_MORE, number(writing, (int64_t)(pairs - PAIRS_MOST)), ""));
}

static struct event event_of(struct writing *writing, const struct group *group, const struct helds *helds)
{
    struct event event = event_empty();
    int64_t minutes = (group->last_ms - group->first_ms + 59999) / 60000;

    write_tally(writing, WORD_SUMMARY_HOSTS, helds, false);
    write_tally(writing, WORD_SUMMARY_SERVICES, helds, true);
    write_open(writing, helds);
    write_pairs(writing, helds);
    event.kind = EVENT_NOTE;
    event.severity = group->worst;
    event.source = "manual";
    event.source_name = "notification-plugins";
    event.time_s = group->last_ms / 1000;
    event.event_id = arena_print(writing->arena, "summary-%lld", (long long)group->last_ms);
    event.subject =
        say(writing, WORD_SUMMARY_SUBJECT, number(writing, group->count), number(writing, minutes > 0 ? minutes : 1));
    event.message = utf8_clean(writing->arena, writing->text.text, writing->text.len);
    return event;
}

/* --- one group --- */

static bool mark_told(const struct summary_making *making, const struct group *group, const char *id,
                      struct fault *fault)
{
    if (!store_begin(making->store, fault))
        return false;
    if (!store_run(making->store, fault,
                   "UPDATE notification SET ended_ms = ?, delivered_by = ? WHERE section = ? AND recipient_key = ?"
                   " AND outcome = 'held' AND ended_ms = 0 AND created_ms <= ? AND release_ms <= ?",
                   "itttii", world_wall_ms(making->world), id, group->section, group->recipient_key, group->last_ms,
                   world_wall_ms(making->world))) {
        store_rollback(making->store);
        return false;
    }
    return store_commit(making->store, fault);
}

static bool section_of_group(const struct summary_making *making, struct arena *arena, const struct group *group,
                             struct leg *leg, struct fault *fault)
{
    struct text_list recipients = split_commas(arena, group->recipients);

    *leg = (struct leg){.section = config_section(making->config, NULL, group->section, fault),
                        .recipients = arena_alloc(arena, (recipients.count + 1) * sizeof(*leg->recipients))};
    for (size_t i = 0; i < recipients.count; i++)
        leg->recipients[leg->recipient_count++] = recipients.items[i];
    return leg->section && config_open_section(making->config, leg->section, NULL, fault);
}

/* A summary passes the limit that held its parts back, but not the people's and the provider's. */
static bool ask_place(const struct summary_making *making, struct world *world, const struct chain *chain,
                      const struct event *event, const char *id, bool *placed, struct fault *fault)
{
    struct admission_ask ask = asking_for(world, making->config, chain, event, id, "summary", 0);
    struct admission_answer answer;

    ask.limits = (struct limits){0};
    ask.repeat_within_ms = 0;
    ask.reason = "summary";
    ask.only_if_free = true;
    if (!admission_ask(making->store, world->arena, &ask, &answer, fault))
        return false;
    *placed = answer.admission == ADMITTED;
    return true;
}

/* A summary at once would be one more message: it waits until the minute that was full has gone by. */
static bool ripe(const struct summary_making *making, const struct group *group)
{
    int64_t now_ms = world_wall_ms(making->world);

    return now_ms - group->first_ms >= BETWEEN_MS || group->first_ms > now_ms;
}

static bool told_lately(const struct summary_making *making, const struct group *group, bool *lately,
                        struct fault *fault)
{
    int64_t last_ms = 0;

    if (!store_number(making->store, fault,
                      "SELECT MAX(created_ms) FROM notification WHERE section = ? AND recipient_key = ?"
                      " AND reason = 'summary' AND created_ms > ?",
                      0, &last_ms, "tti", group->section, group->recipient_key,
                      world_wall_ms(making->world) - BETWEEN_MS))
        return false;
    *lately = last_ms > 0;
    return true;
}

static bool summarise(const struct summary_making *making, const struct group *group, size_t *made, struct fault *fault)
{
    struct world world = *making->world;
    struct writing writing = {.arena = world.arena,
                              .config = making->config,
                              .language = making->config->language,
                              .text = str_in(world.arena, TEXT_MOST)};
    struct fault unusable = {0};
    struct helds helds;
    struct leg leg;
    struct chain chain = {.legs = &leg, .leg_count = 1};
    struct event event;
    const char *id;
    bool placed = false;
    bool lately;

    if (!ripe(making, group))
        return true;
    if (!told_lately(making, group, &lately, fault))
        return false;
    if (lately || !section_of_group(making, world.arena, group, &leg, &unusable))
        return true;
    if (!read_helds(making, world.arena, group, &helds, fault))
        return false;
    event = event_of(&writing, group, &helds);
    id = arena_print(world.arena, "s%011llx%s", (unsigned long long)world_wall_ms(&world), world_hex(&world, 6));
    if (!ask_place(making, &world, &chain, &event, id, &placed, fault))
        return false;
    if (!placed)
        return true;
    (*made)++;
    return mark_told(making, group, id, fault);
}

bool summary_make(const struct summary_making *making, size_t *made, struct fault *fault)
{
    struct groups *groups = arena_alloc(making->world->arena, sizeof(*groups));

    if (!store_read(making->store, making->world->arena, fault,
                    "SELECT section, recipient_key, MAX(recipients), COUNT(*), MIN(created_ms), MAX(created_ms),"
                    " MAX(severity) FROM notification WHERE outcome = 'held' AND ended_ms = 0"
                    " AND release_ms <= ? GROUP BY section, recipient_key ORDER BY MAX(severity) DESC",
                    keep_group, groups, "i", world_wall_ms(making->world)))
        return false;
    for (size_t i = 0; i < groups->count; i++)
        if (!summarise(making, &groups->items[i], made, fault))
            return false;
    return true;
}
