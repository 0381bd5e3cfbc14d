/*
 * Microsoft Teams: a workflow of Power Automate (Adaptive Card), and the old connector (MessageCard).
 *
 * https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 * A workflow answers 202 as soon as its trigger fired: what is wrong with the card shows only later, in the flow's run. Such
 * a message is answered 202 here, too, and is refused in the record.
 */
#include <string.h>
#include <strings.h>

#include "plugins/sandbox/fields.h"
#include "plugins/sandbox/plain.h"
#include "plugins/sandbox/provider.h"

enum {
    CARD_MOST = 28672, /* bytes, after the workflow's own additions */
    CARD_WISE = 20000,
    ELEMENTS = 200,
    DEPTH = 5, /* of containers in containers */
    CONNECTOR_PER_SECOND = 4,
    SECOND_MS = 1000,
};

#define CARD          "/attachments/0/content"
#define LOST          "lost: "
#define ADAPTIVE_TYPE "application/vnd.microsoft.card.adaptive"

static const struct refusal WORKFLOW_REFUSALS[] = {
    {"MissingApiVersionParameter",     400,
     "The api-version query parameter (?api-version=) is required for all requests."                                   },
    {"InvalidRequestContent",          400, "The request content is not valid and could not be deserialized."          },
    {"WorkflowTriggerIsNotEnabled",    400, "Could not execute workflow trigger 'manual': the workflow is not enabled."},
    {"DirectApiAuthorizationRequired", 401,
     "The request must be authenticated only by Shared Access or Direct API scheme."                                   },
    {"WorkflowNotFound",               404, "The workflow could not be found."                                         },
    {"429",                            429, "Rate limit is exceeded. Try again in 5 seconds."                          },
    {NULL,                             0,   NULL                                                                       },
};

static const char *at(struct exchange *exchange, const char *path, const char *name)
{
    return json_text_at(exchange->json, arena_print(exchange->arena, "%s/%s", path, name));
}

static const char *append(struct exchange *exchange, const char *before, const char *text)
{
    if (!text[0])
        return before;
    return before[0] ? arena_print(exchange->arena, "%s\n%s", before, text) : text;
}

static void read_facts(struct exchange *exchange, const char *parent, const char *name)
{
    for (size_t i = 0; i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, "%s/facts/%zu", parent, i);

        if (!json_has(exchange->json, path))
            return;
        pairs_append(exchange->arena, &exchange->reading.facts, plain_card(exchange->arena, at(exchange, path, name)),
                     plain_card(exchange->arena, at(exchange, path, "value")));
    }
}

/* RichTextBlock: its runs are plain text, one after the other. */
static const char *runs_of(struct exchange *exchange, const char *element)
{
    const char *text = "";

    for (size_t i = 0; i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, "%s/inlines/%zu", element, i);

        if (!json_has(exchange->json, path))
            break;
        text = arena_print(exchange->arena, "%s%s%s", text, json_text_at(exchange->json, path),
                           at(exchange, path, "text"));
    }
    return text;
}

static void read_element(struct exchange *exchange, const char *element)
{
    struct reading *reading = &exchange->reading;
    bool bold = strcasecmp(at(exchange, element, "weight"), "bolder") == 0;
    const char *text = strcmp(at(exchange, element, "type"), "TextBlock") == 0
                           ? plain_card(exchange->arena, at(exchange, element, "text"))
                           : runs_of(exchange, element);

    if (at(exchange, element, "color")[0] && !reading->color[0])
        reading->color = at(exchange, element, "color");
    if (bold && !reading->title[0])
        reading->title = text;
    else
        reading->text = append(exchange, reading->text, text);
    read_facts(exchange, element, "title");
}

/* The items of a container and the columns of a column set are read like those of the body. */
static void read_elements(struct exchange *exchange, const char *list, unsigned depth)
{
    for (size_t i = 0; depth > 0 && i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, "%s/%zu", list, i);

        if (!json_has(exchange->json, path))
            return;
        read_element(exchange, path);
        read_elements(exchange, arena_print(exchange->arena, "%s/items", path), depth - 1);
        read_elements(exchange, arena_print(exchange->arena, "%s/columns", path), depth - 1);
    }
}

static void read_actions(struct exchange *exchange)
{
    for (size_t i = 0; i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, CARD "/actions/%zu", i);

        if (!json_has(exchange->json, path))
            return;
        if (strcmp(at(exchange, path, "type"), "Action.OpenUrl") == 0)
            pairs_append(exchange->arena, &exchange->reading.buttons, at(exchange, path, "title"),
                         at(exchange, path, "url"));
        else
            note(exchange, "the action %s does nothing in a card that a workflow posts", at(exchange, path, "type"));
    }
}

static void read_card(struct exchange *exchange)
{
    exchange->reading.format = "adaptive";
    read_elements(exchange, CARD "/body", DEPTH);
    read_actions(exchange);
    if (exchange->body_len > CARD_WISE)
        note(exchange, "%zu bytes: a workflow adds its own, and over %d in all are lost", exchange->body_len,
             CARD_MOST);
}

/* True when a text block in the list, or in its containers and columns, holds `words` byte for byte. */
static bool stands_in(struct exchange *exchange, const char *list, unsigned depth, const char *words)
{
    for (size_t i = 0; depth > 0 && i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, "%s/%zu", list, i);

        if (!json_has(exchange->json, path))
            return false;
        if (strstr(at(exchange, path, "text"), words) ||
            stands_in(exchange, arena_print(exchange->arena, "%s/items", path), depth - 1, words) ||
            stands_in(exchange, arena_print(exchange->arena, "%s/columns", path), depth - 1, words))
            return true;
    }
    return false;
}

/* NULL, or why the card fails in the flow. */
static const char *read_mention(struct exchange *exchange, const char *path)
{
    const char *written = at(exchange, path, "text");

    if (strcmp(at(exchange, path, "type"), "mention") != 0)
        return NULL;
    if (!written[0] || !stands_in(exchange, CARD "/body", DEPTH, written))
        return objection(exchange, LOST "mention", "the mention '%s' stands in no text of the card", written);
    texts_add(exchange->arena, &exchange->reading.mentions, at(exchange, path, "mentioned/name"));
    return NULL;
}

static const char *judge_mentions(struct exchange *exchange)
{
    const char *code = NULL;

    for (size_t i = 0; !code && i < ELEMENTS; i++) {
        const char *path = arena_print(exchange->arena, CARD "/msteams/entities/%zu", i);

        if (!json_has(exchange->json, path))
            break;
        code = read_mention(exchange, path);
    }
    return code;
}

/* What the workflow answers 202 to and then cannot post. */
static const char *judge_card(struct exchange *exchange)
{
    if (exchange->body_len > CARD_MOST)
        return objection(exchange, LOST "MessageSizeExceeded", "%zu bytes, %d are allowed", exchange->body_len,
                         CARD_MOST);
    if (strcmp(at(exchange, "/attachments/0", "contentType"), ADAPTIVE_TYPE) != 0)
        return objection(exchange, LOST "NoAdaptiveCard", "attachments/0 is not an adaptive card");
    if (strcmp(at(exchange, CARD, "type"), "AdaptiveCard") != 0 || !json_has(exchange->json, CARD "/body/0"))
        return objection(exchange, LOST "BadCard", "the card has no type AdaptiveCard, or nothing in its body");
    return judge_mentions(exchange);
}

static const char *judge_workflow(struct stand *stand, struct exchange *exchange)
{
    size_t len = strlen(exchange->path);
    size_t tail = strlen("/paths/invoke");

    if (len < tail || strcmp(exchange->path + len - tail, "/paths/invoke") != 0)
        return "WorkflowNotFound";
    if (!pairs_value(&exchange->parameters, "api-version")[0])
        return "MissingApiVersionParameter";
    if (!secret_matches(stand, exchange, "teams", "sig", pairs_value(&exchange->parameters, "sig")))
        return "DirectApiAuthorizationRequired";
    if (strcmp(exchange->method, "POST") != 0 || !body_is(exchange, "application/json") ||
        !json_is_object(exchange->json))
        return "InvalidRequestContent";
    return judge_card(exchange);
}

static void reply_workflow(struct stand *stand, struct exchange *exchange, const char *code)
{
    struct json_object *document = json_doc(exchange->arena);
    struct json_object *error;
    struct refusal refusal;

    (void)stand;
    if (!code || strncmp(code, LOST, strlen(LOST)) == 0) {
        answer_text(exchange, 202, "", "");
        if (code) {
            exchange->code = code + strlen(LOST);
            note(exchange, "answered 202 all the same: the failure shows only in the flow's run");
        }
        return;
    }
    refusal = refusal_of(WORKFLOW_REFUSALS, code, 400);
    error = jset_object(document, "error");
    jset_text(error, "code", code);
    jset_text(error, "message", refusal.words);
    exchange->answer.retry_after_s = refusal.status == 429 ? 5 : 0;
    answer_document(exchange, refusal.status, document);
}

const struct provider provider_teams_workflow = {
    .channel = "teams",
    .prefix = "/teams/workflow",
    .read = read_card,
    .judge = judge_workflow,
    .reply = reply_workflow,
};

/* The old connector: failures behind it come with status 200 and a sentence. */

static void read_message_card(struct exchange *exchange)
{
    struct reading *reading = &exchange->reading;

    reading->format = "messagecard";
    reading->color = json_text_at(exchange->json, "/themeColor");
    reading->title = json_text_at(exchange->json, "/title");
    reading->text = plain_card(exchange->arena, json_text_at(exchange->json, "/text"));
    for (size_t i = 0; i < 10; i++) {
        const char *section = arena_print(exchange->arena, "/sections/%zu", i);

        if (!reading->title[0])
            reading->title = at(exchange, section, "activityTitle");
        reading->text = append(exchange, reading->text, plain_card(exchange->arena, at(exchange, section, "text")));
        read_facts(exchange, section, "name");
    }
    for (size_t i = 0; i < 10; i++) {
        const char *action = arena_print(exchange->arena, "/potentialAction/%zu", i);

        if (json_has(exchange->json, action))
            pairs_append(exchange->arena, &reading->buttons, at(exchange, action, "name"),
                         at(exchange, action, "targets/0/uri"));
    }
}

static const char *judge_connector(struct stand *stand, struct exchange *exchange)
{
    const char *known = account_text(stand, "teams", "connector");
    const char *given = exchange->path + (exchange->path[0] == '/');

    if (known[0] && !secret_matches(stand, exchange, "teams", "connector", given))
        return "404";
    if (strcmp(exchange->method, "POST") != 0 || !json_is_object(exchange->json))
        return "400";
    if (!json_text_at(exchange->json, "/summary")[0] && !json_text_at(exchange->json, "/text")[0])
        return objection(exchange, "400", "summary or text is required");
    if (exchange->body_len > CARD_MOST)
        return "413";
    return quota_take(stand, arena_print(exchange->arena, "teams %s", given), CONNECTOR_PER_SECOND, SECOND_MS,
                      exchange->now_ms)
               ? NULL
               : "429";
}

static void reply_connector(struct stand *stand, struct exchange *exchange, const char *code)
{
    (void)stand;
    if (!code)
        answer_text(exchange, 200, "text/plain; charset=utf-8", "1");
    else if (strcmp(code, "400") == 0)
        answer_text(exchange, 400, "text/plain; charset=utf-8", "Summary or Text is required.");
    else if (strcmp(code, "404") == 0)
        answer_text(exchange, 404, "text/plain; charset=utf-8", "Webhook not found.");
    else
        answer_text(exchange, 200, "text/plain; charset=utf-8",
                    arena_print(exchange->arena,
                                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP "
                                "error %s with ContextId tcid=0,server=SANDBOX.",
                                code));
}

const struct provider provider_teams_connector = {
    .channel = "teams",
    .prefix = "/teams/connector",
    .read = read_message_card,
    .judge = judge_connector,
    .reply = reply_connector,
};
