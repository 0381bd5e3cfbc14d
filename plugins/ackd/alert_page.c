/* The page of one alert: its form, and what that does. */
#include <string.h>

#include "common/log.h"
#include "common/utf8.h"
#include "plugins/ackd/proof.h"
#include "plugins/ackd/visit.h"
#include "plugins/ackd/visitor.h"

/* What somebody has typed, to be typed only once. */
struct typed {
    const char *name;
    const char *comment;
    const char *problem; /* what is wrong with it, "" for nothing */
};

/* --- what the form has just done --- */

static const char *visitor_called(const struct visit *visit)
{
    return visit->user[0] ? visit->user : visitor_name(visit->arena, header_value(&visit->request->headers, "Cookie"));
}

static void say_result(struct json_object *values, const char *text, const char *class)
{
    jset_text(values, "result", text);
    jset_text(values, "result_class", class);
}

/* The address says what was done; it is shown only when it is so: a link that claims something shows nothing. */
static void show_result(const struct visit *visit, struct json_object *values, const struct alert *alert)
{
    const char *said = pairs_value(&visit->query, "r");
    const char *me = visitor_called(visit);
    bool taken = alert->taken_by[0] != '\0';
    bool solved = alert->solved_by[0] != '\0';

    if (strcmp(said, "over") == 0 && alert->over_ms > 0)
        say_result(values, word_in(visit->language, WORD_PAGE_FIRST_OVER), "warn");
    else if (strcmp(said, "take") == 0 && taken && strcmp(alert->taken_by, me) == 0)
        say_result(values, word_in(visit->language, WORD_PAGE_DONE_TAKE), "good");
    else if (strcmp(said, "solve") == 0 && solved && strcmp(alert->solved_by, me) == 0)
        say_result(values, word_in(visit->language, WORD_PAGE_DONE_SOLVE), "good");
    else if (strcmp(said, "release") == 0 && !taken)
        say_result(values, word_in(visit->language, WORD_PAGE_DONE_RELEASE), "good");
    else if (strcmp(said, "first-take") == 0 && taken)
        say_result(values,
                   visit_words(visit, WORD_PAGE_FIRST_TAKE, alert->taken_by, visit_time(visit, alert->taken_ms)),
                   "warn");
    else if (strcmp(said, "first-solve") == 0 && solved)
        say_result(values,
                   visit_words(visit, WORD_PAGE_FIRST_SOLVE, alert->solved_by, visit_time(visit, alert->solved_ms)),
                   "warn");
    else if (strcmp(said, "first-release") == 0 && !taken)
        say_result(values, word_in(visit->language, WORD_PAGE_FIRST_RELEASE), "warn");
}

/* --- the form --- */

static void show_form(const struct visit *visit, struct json_object *values, const struct alert *alert,
                      const struct typed *typed)
{
    bool taken = alert->state == ALERT_TAKEN;
    bool solved = alert->state == ALERT_SOLVED;

    jset_flag(values, "form", alert->over_ms == 0);
    jset_text(values, "action", visit->name);
    jset_text(values, "proof",
              form_proof(visit->arena, &visit->desk->keys, visit->name, visit->user, visit->now_ms / 1000));
    jset_text(values, "user", visit->user[0] ? visit_words(visit, WORD_PAGE_SIGNED_IN, visit->user, "") : "");
    jset_text(values, "name", typed->name);
    jset_text(values, "comment", typed->comment);
    jset_text(values, "take", word_in(visit->language, WORD_BUTTON_CONFIRM));
    jset_flag(values, "can_take", !taken && !solved);
    jset_flag(values, "can_solve", !solved);
    jset_flag(values, "taken", taken);
    jset_flag(values, "can_release", taken || solved);
}

static void show_page(struct visit *visit, struct store *store, const struct alert *alert, const struct typed *typed,
                      int status)
{
    struct json_object *values = visit_values(visit);
    struct fault fault = {0};

    jset_text(values, "title", arena_print(visit->arena, "%s %s", alert->short_id, alert->subject));
    show_form(visit, values, alert, typed);
    if (typed->problem[0])
        say_result(values, typed->problem, "warn");
    else
        show_result(visit, values, alert);
    if (show_whole_alert(visit, store, values, alert, &fault))
        page_answer(&visit->desk->pages, visit->arena, PAGE_ALERT, values, status, visit->answer);
    else
        answer_busy(visit, &fault);
}

/* --- what a person says --- */

static bool verb_named(const char *name, enum alert_verb *verb)
{
    static const enum alert_verb VERBS[] = {ALERT_TAKE, ALERT_SOLVE, ALERT_RELEASE};

    for (size_t i = 0; i < sizeof(VERBS) / sizeof(*VERBS); i++) {
        if (strcmp(alert_verb_name(VERBS[i]), name) != 0)
            continue;
        *verb = VERBS[i];
        return true;
    }
    return false;
}

static struct typed read_typed(const struct visit *visit, bool stale)
{
    const char *comment = pairs_value(&visit->form, "words");
    struct typed typed = {.name = visit->user[0] ? visit->user : form_line(visit, "name"),
                          .comment = utf8_clean(visit->arena, comment, strlen(comment)),
                          .problem = ""};

    if (utf8_count(typed.name, UNIT_CHARACTERS) > NAME_MOST ||
        utf8_count(typed.comment, UNIT_CHARACTERS) > COMMENT_MOST)
        typed.problem = word_in(visit->language, WORD_PAGE_WANT_SHORTER);
    else if (!typed.name[0])
        typed.problem = word_in(visit->language, WORD_PAGE_WANT_NAME);
    else if (stale)
        typed.problem = word_in(visit->language, WORD_PAGE_WANT_AGAIN);
    return typed;
}

/* What the next page tells: see show_result(). */
static const char *result_of(const struct alert_reply *reply, enum alert_answer answer, const struct alert *alert)
{
    static const char *const FIRST[] = {
        [ALERT_TAKE] = "first-take", [ALERT_SOLVE] = "first-solve", [ALERT_RELEASE] = "first-release"};
    const char *by = reply->verb == ALERT_SOLVE ? alert->solved_by : alert->taken_by;

    if (answer == ALERT_OVER)
        return "over";
    if (answer == ALERT_DONE || (reply->verb != ALERT_RELEASE && strcmp(by, reply->author) == 0))
        return alert_verb_name(reply->verb);
    return reply->verb == ALERT_TAKE && alert->state == ALERT_SOLVED ? FIRST[ALERT_SOLVE] : FIRST[reply->verb];
}

static void log_reply(const struct alert_reply *reply, enum alert_answer answer, const struct alert *alert)
{
    static const char *const ANSWERS[] = {[ALERT_DONE] = "recorded",
                                          [ALERT_ALREADY] = "was so already",
                                          [ALERT_OVER] = "is over already",
                                          [ALERT_UNKNOWN] = "is unknown"};

    log_notice("%s: %s by '%s' (%s): %s", alert->short_id, alert_verb_name(reply->verb), reply->author, reply->via,
               ANSWERS[answer]);
}

static void take_reply(struct visit *visit, struct store *store, const struct alert_reply *reply)
{
    struct alert alert;
    enum alert_answer answer;
    struct fault fault = {0};

    if (!alert_reply(store, visit->arena, reply, &alert, &answer, &fault)) {
        answer_busy(visit, &fault);
        return;
    }
    if (answer == ALERT_UNKNOWN) {
        refuse(visit, 404, WORD_PAGE_NO_RECORD, WORD_PAGE_NO_RECORD_WHY);
        return;
    }
    log_reply(reply, answer, &alert);
    if (!visit->user[0])
        pairs_append(visit->arena, &visit->answer->headers, "Set-Cookie",
                     visitor_cookie(visit->arena, reply->author, visit->desk->secure));
    answer_see(visit, arena_print(visit->arena, "%s?r=%s", visit->name, result_of(reply, answer, &alert)));
}

static void serve_reply(struct visit *visit, struct store *store, const struct alert *alert)
{
    struct alert_reply reply = {.id = alert->id, .via = visit->user[0] ? "board" : "page", .now_ms = visit->now_ms};
    struct typed typed;
    bool stale;

    if (!check_form(visit, visit->name, &stale))
        return;
    if (!verb_named(pairs_value(&visit->form, "verb"), &reply.verb)) {
        refuse(visit, 400, WORD_PAGE_REFUSED, WORD_PAGE_REFUSED_WHY);
        return;
    }
    typed = read_typed(visit, stale);
    if (typed.problem[0]) {
        show_page(visit, store, alert, &typed, 400);
        return;
    }
    reply.author = typed.name;
    reply.words = typed.comment;
    take_reply(visit, store, &reply);
}

void serve_alert(struct visit *visit, const char *id, bool post)
{
    struct store *store = visit_store(visit);
    struct typed nothing = {.name = visitor_called(visit), .comment = "", .problem = ""};
    struct alert alert;
    struct fault fault = {0};
    bool found = false;

    if (!store)
        return;
    if (!alert_find(store, visit->arena, id, &alert, &found, &fault))
        answer_busy(visit, &fault);
    else if (!found)
        refuse(visit, 404, WORD_PAGE_NO_RECORD, WORD_PAGE_NO_RECORD_WHY);
    else if (post)
        serve_reply(visit, store, &alert);
    else
        show_page(visit, store, &alert, &nothing, 200);
}
