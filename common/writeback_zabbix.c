/*
 * Zabbix' JSON-RPC. event.acknowledge takes a mask of what is done:
 * https://www.zabbix.com/documentation/current/en/manual/api/reference/event/acknowledge. A token is a property of the
 * request up to 6.2 and a header from 6.4 (7.2 knows the property no more); a session of user.login stands where a token does.
 * Its errors: ui/include/classes/core/CJsonRpc.php, ui/include/classes/api/services/CUser.php.
 */
#include "common/writeback_systems.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"

enum {
    ACTION_ACKNOWLEDGE = 2,
    ACTION_MESSAGE = 4,
    ACTION_UNACKNOWLEDGE = 16,
    MESSAGE_MOST = 2048, /* characters: acknowledges.message */
    EVENT_ID_MOST = 20,  /* digits of 64 bits */
};

/* The words stand in message and data; what no row says is an error of this one request. */
static const struct verdict_rule RULES[] = {
    {"-32500 -32602", "re-login",              OUTCOME_BROKEN,  0, WORD_FIX_TOKEN     },
    {"-32500 -32602", "Not authori",           OUTCOME_BROKEN,  0, WORD_FIX_TOKEN     },
    {"-32500 -32602", "API token expired",     OUTCOME_BROKEN,  0, WORD_FIX_TOKEN     },
    {"-32500 -32602", "no permissions",        OUTCOME_BROKEN,  0, WORD_FIX_PERMISSION},
    {"-32500 -32602", "user name or password", OUTCOME_BROKEN,  0, WORD_FIX_PASSWORD  },
    {"-32600",        NULL,                    OUTCOME_BROKEN,  0, WORD_FIX_REPORT    },
    {"-32603",        NULL,                    OUTCOME_AGAIN,   0, WORD_FIX_WAIT      },
    {"-32500",        "database",              OUTCOME_AGAIN,   0, WORD_FIX_WAIT      },
    {"-32400",        NULL,                    OUTCOME_AGAIN,   0, WORD_FIX_WAIT      },
    {NULL,            NULL,                    OUTCOME_REFUSED, 0, WORD_FIX_REPORT    },
};

static struct json_object *call(struct arena *arena, const char *method)
{
    struct json_object *body = json_doc(arena);

    jset_text(body, "jsonrpc", "2.0");
    jset_text(body, "method", method);
    jset_number(body, "id", 1);
    return body;
}

static bool address(const struct monitor *monitor, struct request *request, struct fault *fault)
{
    if (!request_to(request, monitor->settings.url, fault))
        return false;
    request->network = &monitor->network;
    request_header(request, "Content-Type: application/json-rpc");
    return true;
}

static void sign(const struct monitor *monitor, int64_t version, struct json_object *body, struct request *request)
{
    if (version < ZABBIX_6_4)
        jset_text(body, "auth", secret_text(monitor->settings.token));
    else
        request_header(request, "Authorization: Bearer %s", secret_text(monitor->settings.token));
    request_body(request, json_print(body));
}

/* --- its version --- */

bool zabbix_ask_version(const struct monitor *monitor, struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "apiinfo.version");

    if (!address(monitor, request, fault))
        return false;
    jset_array(body, "params");
    request_body(request, json_print(body));
    return true;
}

/* One number of "6.0.14", with the point after it; -1 when there is none. */
static int64_t part_of(const char **text)
{
    size_t digits = strspn(*text, "0123456789");
    int64_t number = 0;

    if (digits == 0 || digits > 2)
        return -1;
    for (size_t i = 0; i < digits; i++)
        number = 10 * number + (*text)[i] - '0';
    *text += digits + ((*text)[digits] == '.');
    return number;
}

static int64_t version_from(const char *text)
{
    int64_t major = part_of(&text);
    int64_t minor = part_of(&text);
    int64_t patch = part_of(&text);

    return major < 0 || minor < 0 ? 0 : 10000 * major + 100 * minor + (patch < 0 ? 0 : patch);
}

static void judge_error(struct json_object *doc, const struct response *response, struct verdicts *verdicts)
{
    struct arena *arena = response->arena;
    const char *reason =
        arena_print(arena, "%s %s", json_text_at(doc, "/error/message"), json_text_at(doc, "/error/data"));

    verdict_by_rules(verdicts, RULES, "", json_word_at(arena, doc, "/error/code"), reason, response, "");
}

/* Not the answer of Zabbix: a page of something else stands at this address. */
static void judge_stranger(struct verdicts *verdicts)
{
    verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_BROKEN,
                                           .code = "NOT-ZABBIX",
                                           .reason = "the answer is not that of api_jsonrpc.php",
                                           .remedy = WORD_FIX_ADDRESS});
}

/* NULL after a verdict has been added. */
static struct json_object *read_answer(const struct response *response, struct verdicts *verdicts)
{
    struct json_object *doc = answer_json(response, verdicts);

    if (!doc)
        return NULL;
    if (json_has(doc, "/result"))
        return doc;
    if (json_has(doc, "/error"))
        judge_error(doc, response, verdicts);
    else
        judge_stranger(verdicts);
    return NULL;
}

int64_t zabbix_version(const struct response *response, struct verdicts *verdicts)
{
    struct json_object *doc = read_answer(response, verdicts);
    int64_t version = doc ? version_from(json_text_at(doc, "/result")) : 0;

    if (doc && version == 0)
        judge_stranger(verdicts);
    return version;
}

/* --- a session --- */

bool zabbix_log_in(const struct monitor *monitor, struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "user.login");
    struct json_object *params = jset_object(body, "params");

    if (!address(monitor, request, fault))
        return false;
    jset_text(params, "username", monitor->settings.user);
    jset_text(params, "password", secret_text(monitor->settings.password));
    request_body(request, json_print(body));
    return true;
}

const char *zabbix_session(const struct response *response, struct verdicts *verdicts)
{
    struct json_object *doc = read_answer(response, verdicts);
    const char *session = json_text_at(doc, "/result");

    if (doc && !session[0])
        judge_stranger(verdicts);
    return session;
}

bool zabbix_log_out(const struct monitor *monitor, int64_t version, struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "user.logout");

    if (!address(monitor, request, fault))
        return false;
    jset_array(body, "params");
    sign(monitor, version, body, request);
    return true;
}

/* --- telling --- */

static int64_t action_of(enum alert_verb verb)
{
    return ACTION_MESSAGE | (verb == ALERT_RELEASE ? ACTION_UNACKNOWLEDGE : ACTION_ACKNOWLEDGE);
}

static const char *message_of(struct arena *arena, const struct writeback_order *order)
{
    return writeback_text(arena, order, MESSAGE_MOST, UNIT_CHARACTERS);
}

bool zabbix_can_acknowledge(const struct event *event)
{
    size_t digits = strspn(event->event_id, "0123456789");

    return digits > 0 && digits <= EVENT_ID_MOST && event->event_id[digits] == '\0';
}

static bool check_event(const struct event *event, struct fault *fault)
{
    if (zabbix_can_acknowledge(event))
        return true;
    return fault_set(fault, FAULT_INPUT, "Zabbix did not say the number of its event, or it is not a trigger's");
}

bool zabbix_tell(const struct monitor *monitor, int64_t version, const struct writeback_order *order,
                 struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "event.acknowledge");
    struct json_object *params;

    if (!check_event(order->event, fault) || !address(monitor, request, fault))
        return false;
    params = jset_object(body, "params");
    jadd_text(jset_array(params, "eventids"), order->event->event_id);
    jset_number(params, "action", action_of(order->verb));
    jset_text(params, "message", message_of(request->arena, order));
    sign(monitor, version, body, request);
    return true;
}

void zabbix_judge(const struct writeback_order *order, const struct response *response, struct verdicts *verdicts)
{
    struct json_object *doc = read_answer(response, verdicts);

    if (!doc)
        return;
    if (strcmp(json_word_at(response->arena, doc, "/result/eventids/0"), order->event->event_id) == 0)
        verdict_add(verdicts, (struct verdict){.outcome = OUTCOME_DELIVERED, .code = "OK", .reason = "acknowledged"});
    else
        judge_stranger(verdicts);
}

/* --- what was said before --- */

/* 7.2 knows the older name no more. */
static const char *said_name(int64_t version)
{
    return version < ZABBIX_7_0 ? "select_acknowledges" : "selectAcknowledges";
}

bool zabbix_ask_said(const struct monitor *monitor, int64_t version, const struct writeback_order *order,
                     struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "event.get");
    struct json_object *params;
    struct json_object *said;

    if (!check_event(order->event, fault) || !address(monitor, request, fault))
        return false;
    params = jset_object(body, "params");
    jadd_text(jset_array(params, "output"), "eventid");
    jadd_text(jset_array(params, "eventids"), order->event->event_id);
    said = jset_array(params, said_name(version));
    jadd_text(said, "acknowledgeid");
    jadd_text(said, "message");
    sign(monitor, version, body, request);
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);

    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* Numbers of 64 bits as text: the longer one is greater. */
static bool is_newer(const char *id, const char *other)
{
    return strlen(id) != strlen(other) ? strlen(id) > strlen(other) : strcmp(id, other) > 0;
}

/* The newest that carries our mark, whatever order they come in; "" when none does. */
static const char *newest_of_ours(struct arena *arena, struct json_object *list, const char *mark)
{
    const char *newest = "";
    const char *id = "";

    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *one = json_item(list, i);

        if (!ends_with(json_text_at(one, "/message"), mark) ||
            !is_newer(json_word_at(arena, one, "/acknowledgeid"), id))
            continue;
        id = json_word_at(arena, one, "/acknowledgeid");
        newest = json_text_at(one, "/message");
    }
    return newest;
}

bool zabbix_has_said(const struct writeback_order *order, const struct response *response, struct verdicts *verdicts)
{
    struct arena *arena = response->arena;
    struct json_object *doc = read_answer(response, verdicts);
    const char *message = message_of(arena, order);
    const char *mark = strrchr(message, '[');

    return doc && strcmp(newest_of_ours(arena, json_at(doc, "/result/0/acknowledges"), mark), message) == 0;
}

/* --- what others acknowledged --- */

bool zabbix_ask_seen(const struct monitor *monitor, int64_t version, const struct text_list *event_ids,
                     struct request *request, struct fault *fault)
{
    struct json_object *body = call(request->arena, "event.get");
    struct json_object *params;
    struct json_object *list;

    if (!address(monitor, request, fault))
        return false;
    params = jset_object(body, "params");
    list = jset_array(params, "eventids");
    for (size_t i = 0; i < event_ids->count; i++)
        jadd_text(list, event_ids->items[i]);
    list = jset_array(params, "output");
    jadd_text(list, "eventid");
    jadd_text(list, "acknowledged");
    jset_text(params, said_name(version), "extend");
    sign(monitor, version, body, request);
    return true;
}

/* "Wang Wei", or the login where no name is given or shown. */
static const char *author_of(struct arena *arena, struct json_object *one)
{
    const char *name = json_text_at(one, "/name");
    const char *surname = json_text_at(one, "/surname");

    if (name[0] || surname[0])
        return arena_print(arena, "%s%s%s", name, name[0] && surname[0] ? " " : "", surname);
    return json_text_at(one, "/username");
}

static int64_t number_of(struct arena *arena, struct json_object *doc, const char *path)
{
    return strtoll(json_word_at(arena, doc, path), NULL, 10);
}

/* Of an event that is acknowledged, by whom last. */
static void add_seen(struct sightings *sightings, struct json_object *event)
{
    struct arena *arena = sightings->arena;
    struct json_object *list = json_at(event, "/acknowledges");
    struct json_object *newest = NULL;

    for (size_t i = 0; i < json_length(list); i++) {
        struct json_object *one = json_item(list, i);
        const char *id = json_word_at(arena, one, "/acknowledgeid");

        if (number_of(arena, one, "/action") & ACTION_ACKNOWLEDGE &&
            (!newest || is_newer(id, json_word_at(arena, newest, "/acknowledgeid"))))
            newest = one;
    }
    if (newest)
        sightings_add(sightings, (struct sighting){.event_id = json_word_at(arena, event, "/eventid"),
                                                   .host = "",
                                                   .service = "",
                                                   .author = author_of(arena, newest),
                                                   .words = json_text_at(newest, "/message"),
                                                   .at_s = number_of(arena, newest, "/clock")});
}

bool zabbix_read_seen(const struct response *response, struct sightings *sightings, struct verdicts *verdicts)
{
    struct json_object *doc = read_answer(response, verdicts);
    struct json_object *events = doc ? json_at(doc, "/result") : NULL;

    for (size_t i = 0; i < json_length(events); i++)
        if (number_of(sightings->arena, json_item(events, i), "/acknowledged") == 1)
            add_seen(sightings, json_item(events, i));
    return doc != NULL;
}
