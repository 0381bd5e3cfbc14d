#include "common/digest.h"

#include <string.h>

#include "common/civil.h"
#include "common/str.h"
#include "common/utf8.h"

enum {
    NAMED_MOST = 5,  /* hosts, services */
    EACH_MOST = 500, /* hosts, when each is named */
    OPEN_MOST = 10,  /* problems still open */
    PAIRS_MOST = 5,  /* problems that came and went */
    OVER_MOST = 10,  /* recoveries of what was told earlier */
};

/*
 * The index is named: a guess of the planner would read all that these people were ever told. Both sets take the same places:
 * ?1 section, ?2 recipients, ?3 from, ?4 until, ?5 now, ?6 how many rows.
 */
#define HELD                                                                                          \
    " FROM notification n INDEXED BY notification_held WHERE n.section = ?1 AND n.recipient_key = ?2" \
    " AND n.outcome = 'held' AND n.delivered_by = '' AND n.created_ms >= ?3 AND n.created_ms <= ?4"   \
    " AND n.release_ms <= ?5"
#define EVERY                                                                                        \
    " FROM notification n INDEXED BY notification_people WHERE ?1 = ?1 AND n.recipient_key = ?2"     \
    " AND n.kind = 'problem' AND n.created_ms >= ?3 AND n.created_ms <= ?4 AND n.outcome <> 'muted'" \
    " AND ?5 = ?5"

#define SUBJECT "CASE n.subject WHEN '' THEN n.state ELSE n.subject END" /* Nagios and Icinga give no subject */
#define RECOVERY                                                                                                      \
    "(SELECT MIN(r.created_ms) FROM notification r WHERE r.problem = n.problem AND r.recipient_key = n.recipient_key" \
    " AND r.kind = 'recovery' AND r.created_ms >= n.created_ms)"

#define NAMES(COLUMN, SET)                                                           \
    "SELECT n." COLUMN ", COUNT(*)" SET " AND n." COLUMN " <> '' GROUP BY n." COLUMN \
    " ORDER BY MAX(n.reason = 'exempt') DESC, COUNT(*) DESC, n." COLUMN " LIMIT ?6"
#define OPEN(SET)                                                                       \
    "SELECT n.host, n.service, " SUBJECT ", MIN(n.created_ms), 0, COUNT(*) OVER ()" SET \
    " AND n.kind = 'problem' AND " RECOVERY " IS NULL GROUP BY n.problem"               \
    " ORDER BY MAX(n.severity) DESC, MIN(n.created_ms) LIMIT ?6"
#define COUNT(SET) "SELECT COUNT(DISTINCT n.problem)" SET " AND n.kind = 'problem' LIMIT ?6"

/* Came and went; and what is over of problems that were told before. */
static const char PAIRS[] = "SELECT n.host, n.service, " SUBJECT ", MIN(n.created_ms), MAX(" RECOVERY
                            "), COUNT(*) OVER ()" HELD " AND n.kind = 'problem' AND " RECOVERY
                            " IS NOT NULL GROUP BY n.problem ORDER BY MAX(n.severity) DESC, MIN(n.created_ms) LIMIT ?6";
static const char OVER[] =
    "SELECT n.host, n.service, " SUBJECT ", n.created_ms, n.created_ms, COUNT(*) OVER ()" HELD
    " AND n.kind = 'recovery' AND NOT EXISTS (SELECT 1 FROM notification p WHERE p.problem = n.problem"
    " AND p.recipient_key = n.recipient_key AND p.kind = 'problem' AND p.outcome = 'held' AND p.delivered_by = '')"
    " ORDER BY n.created_ms LIMIT ?6";

struct digest {
    const struct digest_making *making;
    const struct digest_set *set;
    struct arena *arena;
    enum language language;
    struct str text;
    struct fault *fault;
    /* Of the list being written. */
    enum word label;
    int64_t most;
    int64_t written;
    int64_t in_all;
};

static bool read_rows(struct digest *digest, const char *sql, int64_t most, bool (*each)(void *, struct row *))
{
    const struct digest_set *set = digest->set;

    digest->most = most;
    digest->written = 0;
    digest->in_all = 0;
    return store_read(digest->making->store, digest->arena, digest->fault, sql, each, digest, "ttiiii", set->section,
                      set->recipient_key, set->since_ms, set->until_ms, world_wall_ms(digest->making->world), most + 1);
}

static const char *say(struct digest *digest, enum word word, const char *one, const char *two)
{
    const char *values[] = {one, two};

    return word_print(digest->arena, digest->language, word, values, 2);
}

/* --- hosts and services --- */

static bool write_name(void *self, struct row *row)
{
    struct digest *digest = self;

    if (digest->written++ == digest->most) {
        str_add(&digest->text, word_in(digest->language, WORD_SUMMARY_OTHERS));
        return false;
    }
    str_addf(&digest->text, "%s%s ×%lld",
             word_in(digest->language, digest->written == 1 ? digest->label : WORD_SUMMARY_COMMA), row_text(row, 0),
             (long long)row_number(row, 1));
    return true;
}

static bool write_names(struct digest *digest, enum word label, const char *sql, int64_t most)
{
    digest->label = label;
    if (!read_rows(digest, sql, most, write_name))
        return false;
    if (digest->written > 0)
        str_add(&digest->text, "\n");
    return true;
}

/* --- problems --- */

static const char *place_of(struct digest *digest, struct row *row)
{
    const char *host = row_text(row, 0);
    const char *service = row_text(row, 1);

    return service[0] ? arena_print(digest->arena, "%s / %s", host, service) : host;
}

/* False when the row is one more than are written. */
static bool is_wanted(struct digest *digest, struct row *row)
{
    digest->in_all = row_number(row, 5);
    return digest->written++ < digest->most;
}

static bool write_open(void *self, struct row *row)
{
    struct digest *digest = self;

    if (!is_wanted(digest, row))
        return false;
    if (digest->written == 1)
        str_addf(&digest->text, "%s\n",
                 say(digest, WORD_SUMMARY_OPEN, digest_number(digest->making, digest->in_all), ""));
    str_addf(&digest->text, "%s %s: %s\n", digest_clock(digest->making, row_number(row, 3)), place_of(digest, row),
             row_text(row, 2));
    return true;
}

static bool write_pair(void *self, struct row *row)
{
    struct digest *digest = self;

    if (!is_wanted(digest, row))
        return false;
    str_addf(&digest->text, "%s\n",
             say(digest, WORD_SUMMARY_PAIR, place_of(digest, row),
                 civil_duration(digest->arena, (row_number(row, 4) - row_number(row, 3)) / 1000)));
    return true;
}

static bool write_over(void *self, struct row *row)
{
    struct digest *digest = self;

    if (!is_wanted(digest, row))
        return false;
    str_addf(&digest->text, "%s\n", say(digest, WORD_SUMMARY_OVER, place_of(digest, row), ""));
    return true;
}

static bool write_list(struct digest *digest, const char *sql, int64_t most, bool (*each)(void *, struct row *))
{
    if (!read_rows(digest, sql, most, each))
        return false;
    if (digest->in_all > most)
        str_addf(&digest->text, "%s\n",
                 say(digest, WORD_SUMMARY_MORE, digest_number(digest->making, digest->in_all - most), ""));
    return true;
}

static bool ends_line(const struct str *text)
{
    return text->len > 0 && text->text[text->len - 1] == '\n';
}

bool digest_write(const struct digest_making *making, const struct digest_set *set, const char **text, int64_t *open,
                  struct fault *fault)
{
    struct arena *arena = making->world->arena;
    struct digest digest = {.making = making,
                            .set = set,
                            .arena = arena,
                            .language = making->config->language,
                            .text = str_in(arena, TEXT_MOST),
                            .fault = fault};

    if (!write_names(&digest, WORD_SUMMARY_HOSTS, set->held ? NAMES("host", HELD) : NAMES("host", EVERY),
                     set->each_host ? EACH_MOST : NAMED_MOST) ||
        !write_names(&digest, WORD_SUMMARY_SERVICES, set->held ? NAMES("service", HELD) : NAMES("service", EVERY),
                     NAMED_MOST) ||
        !write_list(&digest, set->held ? OPEN(HELD) : OPEN(EVERY), OPEN_MOST, write_open))
        return false;
    if (open)
        *open = digest.in_all;
    if (set->held &&
        (!write_list(&digest, PAIRS, PAIRS_MOST, write_pair) || !write_list(&digest, OVER, OVER_MOST, write_over)))
        return false;
    *text = utf8_clean(arena, digest.text.text, digest.text.len - ends_line(&digest.text));
    return true;
}

bool digest_count(const struct digest_making *making, const struct digest_set *set, int64_t *problems,
                  struct fault *fault)
{
    return store_number(making->store, fault, set->held ? COUNT(HELD) : COUNT(EVERY), 0, problems, "ttiiii",
                        set->section, set->recipient_key, set->since_ms, set->until_ms, world_wall_ms(making->world),
                        INT64_C(1));
}

bool digest_storm(const struct digest_making *making, const char *recipient_key, int64_t began_ms, const char **line,
                  int64_t *problems, struct fault *fault)
{
    int64_t now_ms = world_wall_ms(making->world);
    struct digest_set set = {.section = "", .recipient_key = recipient_key, .since_ms = began_ms, .until_ms = now_ms};
    const char *values[2];
    int64_t count = 0;

    if (!digest_count(making, &set, &count, fault))
        return false;
    values[0] = digest_number(making, count);
    values[1] = digest_number(making, now_ms > began_ms ? (now_ms - began_ms + 59999) / 60000 : 1);
    *line = word_print(making->world->arena, making->config->language, WORD_STORM_SUBJECT, values, 2);
    if (problems)
        *problems = count;
    return true;
}

const char *digest_number(const struct digest_making *making, int64_t number)
{
    return arena_print(making->world->arena, "%lld", (long long)number);
}

const char *digest_clock(const struct digest_making *making, int64_t at_ms)
{
    struct arena *arena = making->world->arena;
    const char *zone = making->config->timezone;
    const char *today = civil_format(arena, world_wall_ms(making->world) / 1000, zone, "%m-%d");
    bool is_today = strcmp(today, civil_format(arena, at_ms / 1000, zone, "%m-%d")) == 0;

    return civil_format(arena, at_ms / 1000, zone, is_today ? "%H:%M" : "%m-%d %H:%M");
}

/* --- messages of our own --- */

struct event digest_event(const struct digest_making *making, enum severity severity, const char *event_id,
                          const char *subject, const char *text)
{
    struct event event = event_empty();

    event.kind = EVENT_NOTE;
    event.severity = severity;
    event.source = "manual";
    event.source_name = "notification-plugins";
    event.time_s = world_wall_ms(making->world) / 1000;
    event.event_id = event_id;
    event.subject = subject;
    event.message = text;
    return event;
}

static struct admission_ask ask_for(const struct digest_making *making, const struct chain *chain,
                                    const struct event *event, const char *id)
{
    struct admission_ask ask = asking_for(making->world, making->config, chain, event, id, "summary", 0);

    ask.limits = (struct limits){0};
    ask.repeat_within_ms = 0;
    ask.only_if_free = true;
    return ask;
}

bool digest_has_room(const struct digest_making *making, const struct leg *leg, enum severity severity, bool *room,
                     struct fault *fault)
{
    struct leg own = *leg;
    struct chain chain = {.legs = &own, .leg_count = 1};
    struct event event = digest_event(making, severity, "room", "", "");
    struct admission_ask ask = ask_for(making, &chain, &event, "");
    struct admission_answer answer;

    ask.only_looking = true;
    if (!admission_ask(making->store, making->world->arena, &ask, &answer, fault))
        return false;
    *room = answer.admission == ADMITTED;
    return true;
}

bool digest_place(const struct digest_making *making, const struct leg *leg, const struct event *event, const char *id,
                  const char *reason, bool *placed, struct fault *fault)
{
    struct leg own = *leg;
    struct chain chain = {.legs = &own, .leg_count = 1};
    struct admission_ask ask = ask_for(making, &chain, event, id);
    struct admission_answer answer;

    ask.reason = reason;
    if (!admission_ask(making->store, making->world->arena, &ask, &answer, fault))
        return false;
    *placed = answer.admission == ADMITTED;
    return true;
}

const char *digest_id(const struct digest_making *making)
{
    return arena_print(making->world->arena, "s%011llx%s", (unsigned long long)world_wall_ms(making->world),
                       world_hex(making->world, 6));
}
