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

static bool address(const struct monitor *monitor, const char *path, struct request *request, struct fault *fault)
{
    const char *url = monitor->settings.url;
    size_t len = strlen(url);

    while (len > 0 && url[len - 1] == '/')
        len--;
    if (!request_to(request, arena_print(request->arena, "%.*s/v1/%s", (int)len, url, path), fault))
        return false;
    request->network = &monitor->network;
    request_header(request, "Accept: application/json");
    request_header(request, "Content-Type: application/json");
    if (monitor->settings.user[0])
        request_header(request, "Authorization: Basic %s", login(request->arena, monitor));
    return true;
}

bool icinga2_tell(const struct monitor *monitor, const struct writeback_order *order, enum icinga2_step step,
                  struct request *request, struct fault *fault)
{
    struct arena *arena = request->arena;
    struct json_object *body = json_doc(arena);

    if (!check_names(order->event, fault) ||
        !address(monitor, arena_print(arena, "actions/%s", action_of(step)), request, fault))
        return false;
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

/* --- what others acknowledged --- */

/* Each acknowledgement stands as a comment of this type for as long as it holds. */
static const char ACKNOWLEDGEMENTS[] = "comment.entry_type==4 && comment.host_name in hosts";

bool icinga2_ask_seen(const struct monitor *monitor, const struct text_list *hosts, struct request *request,
                      struct fault *fault)
{
    static const char *const ATTRIBUTES[] = {"host_name", "service_name", "author", "text", "entry_time"};
    struct json_object *body = json_doc(request->arena);
    struct json_object *list;

    if (!address(monitor, "objects/comments", request, fault))
        return false;
    request_header(request, "X-HTTP-Method-Override: GET");
    jset_text(body, "filter", ACKNOWLEDGEMENTS);
    list = jset_array(jset_object(body, "filter_vars"), "hosts");
    for (size_t i = 0; i < hosts->count; i++)
        jadd_text(list, hosts->items[i]);
    list = jset_array(body, "attrs");
    for (size_t i = 0; i < sizeof(ATTRIBUTES) / sizeof(*ATTRIBUTES); i++)
        jadd_text(list, ATTRIBUTES[i]);
    request_body(request, json_print(body));
    return true;
}

/* Icinga answers 404 when nothing matches. */
bool icinga2_read_seen(const struct response *response, struct sightings *sightings, struct verdicts *verdicts)
{
    struct json_object *doc =
        response->status == 0 ? NULL : json_read(response->arena, response->body, response->body_len);
    struct json_object *results = json_at(doc, "/results");

    if (response->status == 404 && json_is_object(doc))
        return true;
    if (!json_has(doc, "/results")) {
        icinga2_judge(response, verdicts);
        return false;
    }
    for (size_t i = 0; i < json_length(results); i++) {
        struct json_object *one = json_at(json_item(results, i), "/attrs");

        sightings_add(sightings, (struct sighting){.event_id = "",
                                                   .host = json_text_at(one, "/host_name"),
                                                   .service = json_text_at(one, "/service_name"),
                                                   .author = json_text_at(one, "/author"),
                                                   .words = json_text_at(one, "/text"),
                                                   .at_s = json_whole_at(one, "/entry_time")});
    }
    return true;
}
