/* The board: open alerts and mutes, for people whom a proxy vouches for. */
#include <string.h>

#include "common/log.h"
#include "common/mute.h"
#include "common/settings.h"
#include "common/str.h"
#include "common/utf8.h"
#include "common/world.h"
#include "plugins/ackd/proof.h"
#include "plugins/ackd/visit.h"
#include "plugins/ackd/visitor.h"

enum { LISTED_MOST = 200, PATTERN_MOST = 200 };

static const char BOARD[] = "board";
static const char *const LENGTHS[] = {"1h", "4h", "8h", "24h", "3d", "7d"};

/* A new mute as somebody typed it. */
struct wish {
    struct mute mute;
    const char *length;
    const char *problem; /* what is wrong with it, "" for nothing */
};

/* --- showing --- */

struct listing {
    const struct visit *visit;
    struct json_object *items;
};

static bool add_alert(void *self, const struct alert *alert)
{
    const struct listing *listing = self;
    const struct visit *visit = listing->visit;
    struct json_object *values = jadd_object(listing->items);
    int64_t expires_s = visit->now_ms / 1000 + visit->desk->config->confirm.link_valid_s;

    show_alert(visit, values, alert);
    jset_text(values, "link", link_token(visit->arena, &visit->desk->keys, alert->id, expires_s));
    jset_text(values, "age", words_duration(visit->arena, visit->language, visit->now_ms - alert->opened_ms));
    jset_text(values, "where",
              alert->service[0] ? arena_print(visit->arena, "%s · %s", alert->host, alert->service) : alert->host);
    return true;
}

static const char *what_of(const struct visit *visit, const struct mute *mute)
{
    const struct {
        enum word word;
        const char *value;
    } parts[] = {
        {WORD_PAGE_HOST,    mute->host   },
        {WORD_PAGE_SERVICE, mute->service},
        {WORD_PAGE_TAG,     mute->tag    },
        {WORD_PAGE_CHANNEL, mute->section},
    };
    struct str what = str_in(visit->arena, 8192);

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        if (parts[i].value[0])
            str_addf(&what, "%s%s %s", what.len > 0 ? " · " : "", word_in(visit->language, parts[i].word),
                     parts[i].value);
    return what.text;
}

static bool add_mute(void *self, const struct mute *mute)
{
    const struct listing *listing = self;
    const struct visit *visit = listing->visit;
    const char *values[] = {visit_time(visit, mute->until_ms), mute->author, mute->words};

    jadd_texts(listing->items, "id", mute->id, "what", what_of(visit, mute), "until",
               word_print(visit->arena, visit->language, WORD_PAGE_MUTE_UNTIL, values, 3), NULL);
    return true;
}

static void show_wish(const struct visit *visit, struct json_object *values, const struct wish *wish)
{
    struct json_object *lengths = jset_array(values, "lengths");
    int64_t seconds = 0;

    jset_texts(values, "host", wish->mute.host, "service", wish->mute.service, "tag", wish->mute.tag, "channel",
               wish->mute.section, "why", wish->mute.words, NULL);
    for (size_t i = 0; i < sizeof(LENGTHS) / sizeof(*LENGTHS); i++) {
        struct json_object *length = jadd_object(lengths);

        duration_read(LENGTHS[i], &seconds);
        jset_texts(length, "value", LENGTHS[i], "text", words_duration(visit->arena, visit->language, seconds * 1000),
                   NULL);
        jset_flag(length, "chosen", strcmp(LENGTHS[i], wish->length) == 0);
    }
}

static void show_result(const struct visit *visit, struct json_object *values, const struct wish *wish)
{
    const char *done = pairs_value(&visit->query, "r");
    enum word word = strcmp(done, "mute") == 0     ? WORD_PAGE_DONE_MUTE
                     : strcmp(done, "unmute") == 0 ? WORD_PAGE_DONE_UNMUTE
                                                   : WORD_NONE;

    jset_text(values, "result", wish->problem[0] ? wish->problem : word_in(visit->language, word));
    jset_text(values, "result_class", wish->problem[0] ? "warn" : "good");
}

static void show_board(struct visit *visit, struct store *store, const struct wish *wish, int status)
{
    struct json_object *values = visit_values(visit);
    struct listing alerts = {.visit = visit, .items = jset_array(values, "alerts")};
    struct listing mutes = {.visit = visit, .items = jset_array(values, "mutes")};
    struct alert_filter filter = {.problem = "",
                                  .short_id = "",
                                  .untaken = pairs_value(&visit->query, "unconfirmed")[0] == '1',
                                  .now_ms = visit->now_ms,
                                  .most = LISTED_MOST};
    struct fault fault = {0};

    if (!alert_list(store, visit->arena, &filter, add_alert, &alerts, &fault) ||
        !mute_list(store, visit->arena, visit->now_ms, add_mute, &mutes, &fault)) {
        answer_busy(visit, &fault);
        return;
    }
    jset_text(values, "title", word_in(visit->language, WORD_PAGE_BOARD));
    jset_text(values, "count",
              arena_print(visit->arena, "%zu%s", json_length(alerts.items),
                          json_length(alerts.items) == LISTED_MOST ? "+" : ""));
    jset_flag(values, "untaken", filter.untaken);
    jset_text(values, "proof", form_proof(visit->arena, &visit->desk->keys, BOARD, visit->user, visit->now_ms / 1000));
    show_wish(visit, values, wish);
    show_result(visit, values, wish);
    page_answer(&visit->desk->pages, visit->arena, PAGE_BOARD, values, status, visit->answer);
}

/* --- muting --- */

static bool too_long(const struct mute *mute)
{
    return utf8_count(mute->host, UNIT_CHARACTERS) > PATTERN_MOST ||
           utf8_count(mute->service, UNIT_CHARACTERS) > PATTERN_MOST ||
           utf8_count(mute->tag, UNIT_CHARACTERS) > PATTERN_MOST ||
           utf8_count(mute->section, UNIT_CHARACTERS) > PATTERN_MOST ||
           utf8_count(mute->words, UNIT_CHARACTERS) > COMMENT_MOST;
}

static struct wish read_wish(const struct visit *visit, bool stale)
{
    struct wish wish = {
        .mute = {.host = form_line(visit, "host"),
                 .service = form_line(visit, "service"),
                 .tag = form_line(visit, "tag"),
                 .section = form_line(visit, "channel"),
                 .author = visit->user,
                 .words = form_line(visit, "why"),
                 .from_ms = visit->now_ms},
        .length = form_line(visit, "for"),
        .problem = ""
    };
    const struct mute *mute = &wish.mute;
    int64_t seconds = 0;

    if (!duration_read(wish.length, &seconds) || seconds <= 0 || seconds > MUTE_MOST_S || !mute->words[0] ||
        !(mute->host[0] || mute->service[0] || mute->tag[0] || mute->section[0]) || too_long(mute))
        wish.problem = word_in(visit->language, WORD_PAGE_WANT_MUTE);
    else if (stale)
        wish.problem = word_in(visit->language, WORD_PAGE_WANT_AGAIN);
    wish.mute.until_ms = visit->now_ms + seconds * 1000;
    return wish;
}

static void serve_mute(struct visit *visit, struct store *store, bool stale)
{
    struct wish wish = read_wish(visit, stale);
    struct world world = world_system(visit->arena);
    struct fault fault = {0};

    wish.mute.id = world_hex(&world, MUTE_ID_BYTES);
    if (wish.problem[0]) {
        show_board(visit, store, &wish, 400);
    } else if (mute_add(store, &wish.mute, &fault)) {
        log_notice("mute %s begun by '%s'", wish.mute.id, visit->user);
        answer_see(visit, "board?r=mute");
    } else {
        answer_busy(visit, &fault);
    }
}

static void serve_unmute(struct visit *visit, struct store *store)
{
    const char *id = form_line(visit, "id");
    struct fault fault = {0};
    int64_t count = 0;

    if (!id[0]) {
        refuse(visit, 400, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
    } else if (mute_end(store, id, visit->now_ms, &count, &fault)) {
        if (count > 0)
            log_notice("mute %s ended by '%s'", id, visit->user);
        answer_see(visit, "board?r=unmute");
    } else {
        answer_busy(visit, &fault);
    }
}

static void serve_change(struct visit *visit, struct store *store)
{
    const char *verb = pairs_value(&visit->form, "verb");
    bool stale;

    if (!check_form(visit, BOARD, &stale))
        return;
    if (strcmp(verb, "mute") == 0)
        serve_mute(visit, store, stale);
    else if (strcmp(verb, "unmute") == 0)
        serve_unmute(visit, store);
    else
        refuse(visit, 400, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
}

void serve_board(struct visit *visit, bool post)
{
    struct wish nothing = {
        .mute = {.host = "", .service = "", .tag = "", .section = "", .words = ""},
          .length = "4h", .problem = ""
    };
    struct store *store;

    if (!visit->user[0]) {
        refuse(visit, 403, WORD_PAGE_NO_BOARD, WORD_PAGE_NO_BOARD_WHY);
        return;
    }
    store = visit_store(visit);
    if (!store)
        return;
    if (post)
        serve_change(visit, store);
    else
        show_board(visit, store, &nothing, 200);
}
