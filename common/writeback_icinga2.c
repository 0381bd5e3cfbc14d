/*
 * Icinga 2's actions. Answers of 2.13: 409 for what is acknowledged already and for an object that is OK, 404 for one that
 * is not there and, before 2.14, for a permission that the ApiUser lacks; 503 while it reads its configuration anew.
 */
#include "common/writeback_systems.h"

#include <string.h>

#include "common/encode.h"
#include "common/json.h"

enum { COMMENT_MOST = 2000 }; /* characters: a person reads it in a list */

static const struct verdict_rule RULES[] = {
    {"200",                     NULL, OUTCOME_DELIVERED, 0, WORD_NONE          },
    {"409",                     NULL, OUTCOME_DELIVERED, 0, WORD_NONE          },
    {"401",                     NULL, OUTCOME_BROKEN,    0, WORD_FIX_TOKEN     },
    {"403",                     NULL, OUTCOME_BROKEN,    0, WORD_FIX_PERMISSION},
    {"404",                     NULL, OUTCOME_REFUSED,   0, WORD_FIX_PERMISSION},
    {"408 429 500 502 503 504", NULL, OUTCOME_AGAIN,     0, WORD_FIX_WAIT      },
    {NULL,                      NULL, OUTCOME_REFUSED,   0, WORD_FIX_REPORT    },
};

/* --- telling --- */

static const char *action_of(enum icinga2_step step)
{
    static const char *const ACTIONS[] = {
        [ICINGA2_ACKNOWLEDGE] = "acknowledge-problem",
        [ICINGA2_REMOVE] = "remove-acknowledgement",
        [ICINGA2_COMMENT] = "add-comment",
        [ICINGA2_END] = "",
    };

    return ACTIONS[step];
}

/* "HOST!SERVICE" is one name: a '!' within either would make it another object's. Without a name it would act on all. */
static bool check_names(const struct event *event, struct fault *fault)
{
    if (!event->host[0])
        return fault_set(fault, FAULT_INPUT, "the event names no host");
    if (strchr(event->host, '!') || strchr(event->service, '!'))
        return fault_set(fault, FAULT_INPUT, "a name that holds '!' is none of Icinga");
    return true;
}

static void add_object(struct arena *arena, struct json_object *body, const struct event *event)
{
    if (event->service[0]) {
        jset_text(body, "type", "Service");
        jset_text(body, "service", arena_print(arena, "%s!%s", event->host, event->service));
    } else {
        jset_text(body, "type", "Host");
        jset_text(body, "host", event->host);
    }
}

static void add_words(struct arena *arena, struct json_object *body, const struct writeback_order *order,
                      enum icinga2_step step)
{
    jset_text(body, "author", order->author);
    if (step == ICINGA2_REMOVE)
        return;
    jset_text(body, "comment", writeback_text(arena, order, COMMENT_MOST, UNIT_CHARACTERS));
    if (step == ICINGA2_COMMENT)
        return;
    jset_flag(body, "sticky", true);
    jset_flag(body, "notify", false);
    jset_flag(body, "persistent", false); /* it goes with the acknowledgement */
}

static const char *login(struct arena *arena, const struct monitor *monitor)
{
    const char *plain = arena_print(arena, "%s:%s", monitor->settings.user, secret_text(monitor->settings.password));
    struct str text = str_in(arena, 2 * strlen(plain) + 8);

    encode_base64(&text, (const unsigned char *)plain, strlen(plain));
    return text.text;
}

static const char *address_of(struct arena *arena, const char *url, enum icinga2_step step)
{
    size_t len = strlen(url);

    while (len > 0 && url[len - 1] == '/')
        len--;
    return arena_print(arena, "%.*s/v1/actions/%s", (int)len, url, action_of(step));
}

bool icinga2_tell(const struct monitor *monitor, const struct writeback_order *order, enum icinga2_step step,
                  struct request *request, struct fault *fault)
{
    struct arena *arena = request->arena;
    struct json_object *body = json_doc(arena);

    if (!check_names(order->event, fault) ||
        !request_to(request, address_of(arena, monitor->settings.url, step), fault))
        return false;
    request->network = &monitor->network;
    request_header(request, "Accept: application/json");
    request_header(request, "Content-Type: application/json");
    request_header(request, "Authorization: Basic %s", login(arena, monitor));
    add_object(arena, body, order->event);
    add_words(arena, body, order, step);
    request_body(request, json_print(body));
    return true;
}

/* --- the answer --- */

void icinga2_judge(const struct response *response, struct verdicts *verdicts)
{
    struct arena *arena = response->arena;
    struct json_object *doc = response->status == 0 ? NULL : json_read(arena, response->body, response->body_len);
    struct json_object *first = json_item(json_at(doc, "/results"), 0);
    const char *code = first ? json_word_at(arena, first, "/code") : json_word_at(arena, doc, "/error");
    const char *words = first ? json_text_at(first, "/status") : json_text_at(doc, "/status");

    if (!json_is_object(doc) || !code[0]) {
        if (answer_accepted(response, verdicts)) /* 200 without a result: nothing was done */
            verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_BROKEN,
                                                   .code = "NOT-ICINGA",
                                                   .reason = "the answer is not that of an action",
                                                   .remedy = WORD_FIX_ADDRESS});
        return;
    }
    verdict_by_rules(verdicts, RULES, "", code, words, response, "");
}

/* --- the steps --- */

enum icinga2_step icinga2_first(const struct writeback_order *order)
{
    return order->verb == ALERT_RELEASE ? ICINGA2_REMOVE : ICINGA2_ACKNOWLEDGE;
}

/* Solved: the words stand with the acknowledgement, or, when there was one before, as a comment. An object that is OK has no need of them. */
enum icinga2_step icinga2_next(const struct writeback_order *order, enum icinga2_step step,
                               const struct verdict *verdict)
{
    if (step == ICINGA2_REMOVE)
        return ICINGA2_COMMENT;
    if (step == ICINGA2_ACKNOWLEDGE && order->verb == ALERT_SOLVE && strcmp(verdict->code, "409") == 0 &&
        strstr(verdict->reason, "already"))
        return ICINGA2_COMMENT;
    return ICINGA2_END;
}
