#include "common/verdict.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { REASON_MOST = 200 };

const char *outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DELIVERED:
        return "delivered";
    case OUTCOME_AGAIN:
        return "again";
    case OUTCOME_THROTTLED:
        return "throttled";
    case OUTCOME_REFUSED:
        return "refused";
    case OUTCOME_BROKEN:
        return "broken";
    case OUTCOME_UNCLEAR:
        return "unclear";
    }
    return "unclear";
}

static const char *line_of(struct arena *arena, const char *text, size_t most)
{
    return text ? utf8_shorten(arena, utf8_clean_line(arena, text, strlen(text)), most, UNIT_CHARACTERS) : "";
}

void verdict_add(struct verdicts *verdicts, struct verdict verdict)
{
    struct arena *arena = verdicts->arena;

    if (verdicts->count == VERDICTS_MOST)
        return;
    verdict.recipient = verdict.recipient ? verdict.recipient : "";
    verdict.code = line_of(arena, verdict.code, 64);
    verdict.reason = line_of(arena, verdict.reason, REASON_MOST);
    verdict.reference = line_of(arena, verdict.reference, REASON_MOST);
    verdicts->items = arena_grow(arena, verdicts->items, (verdicts->count + 1) * sizeof(*verdicts->items));
    verdicts->items[verdicts->count++] = verdict;
}

/* What asks for the most from the caller comes last. */
static int gravity(enum outcome outcome)
{
    static const int GRAVITY[OUTCOME_COUNT] = {
        [OUTCOME_DELIVERED] = 0, [OUTCOME_UNCLEAR] = 1,   [OUTCOME_REFUSED] = 2,
        [OUTCOME_BROKEN] = 3,    [OUTCOME_THROTTLED] = 4, [OUTCOME_AGAIN] = 5,
    };

    return GRAVITY[outcome];
}

const struct verdict *verdict_worst(const struct verdicts *verdicts)
{
    const struct verdict *worst = NULL;

    for (size_t i = 0; i < verdicts->count; i++)
        if (!worst || gravity(verdicts->items[i].outcome) > gravity(worst->outcome))
            worst = &verdicts->items[i];
    return worst;
}

static bool code_is(const char *word, size_t len, const char *code)
{
    return word[len - 1] == '*' ? strncmp(word, code, len - 1) == 0
                                : strncmp(word, code, len) == 0 && code[len] == '\0';
}

static bool code_matches(const char *words, const char *code)
{
    size_t len;

    for (; *words; words += len + strspn(words + len, " ")) {
        len = strcspn(words, " ");
        if (code_is(words, len, code))
            return true;
    }
    return false;
}

static const struct verdict_rule *rule_for(const struct verdict_rule *rules, const char *code, const char *reason)
{
    while (rules->code && !(code_matches(rules->code, code) && (!rules->says || strcasestr(reason, rules->says))))
        rules++;
    return rules;
}

void verdict_by_rules(struct verdicts *verdicts, const struct verdict_rule *rules, const char *recipient,
                      const char *code, const char *reason, const struct response *response, const char *reference)
{
    const struct verdict_rule *rule = rule_for(rules, code, reason);

    verdict_add(verdicts, (struct verdict){
                              .recipient = recipient,
                              .outcome = rule->outcome,
                              .code = code,
                              .reason = reason,
                              .remedy = rule->remedy,
                              .wait_s = response->retry_after_s > 0 ? response->retry_after_s : rule->wait_s,
                              .reference = reference,
                          });
}

/* No answer came. */
static struct verdict verdict_of_trouble(const struct response *response)
{
    struct verdict verdict = {.outcome = OUTCOME_AGAIN, .reason = response->words, .remedy = WORD_FIX_NETWORK};

    switch (response->trouble) {
    case TROUBLE_NONE:
    case TROUBLE_LOST:
        verdict.code = "NO-ANSWER";
        break;
    case TROUBLE_NAME:
        verdict.code = "NO-NAME";
        break;
    case TROUBLE_CONNECT:
        verdict.code = "NO-CONNECTION";
        break;
    case TROUBLE_BIG:
        verdict.code = "HUGE-ANSWER";
        verdict.remedy = WORD_FIX_PROXY;
        break;
    case TROUBLE_TLS:
        verdict.code = "TLS";
        verdict.outcome = OUTCOME_BROKEN;
        verdict.remedy = WORD_FIX_TLS;
        break;
    case TROUBLE_AUTH:
        verdict.code = "LOGIN";
        verdict.outcome = OUTCOME_BROKEN;
        verdict.remedy = WORD_FIX_LOGIN;
        break;
    case TROUBLE_OURS:
        verdict.code = "CANNOT-ASK";
        verdict.outcome = OUTCOME_BROKEN;
        verdict.remedy = WORD_FIX_INSTALL;
        break;
    }
    if (response->maybe_sent)
        verdict.outcome = OUTCOME_UNCLEAR;
    return verdict;
}

/* The provider's own words, when the body is text of some kind. */
static const char *body_line(const struct response *response)
{
    return line_of(response->arena, response->body, REASON_MOST);
}

static struct verdict verdict_of_status(const struct response *response)
{
    int status = response->status;
    struct verdict verdict = {
        .outcome = OUTCOME_REFUSED,
        .code = arena_print(response->arena, "HTTP %d", status),
        .reason = body_line(response),
        .remedy = WORD_FIX_REPORT,
        .wait_s = response->retry_after_s,
    };

    if (status >= 300 && status < 400) {
        verdict.outcome = OUTCOME_BROKEN;
        verdict.remedy = WORD_FIX_ADDRESS;
        verdict.reason = arena_print(response->arena, "redirect to '%s' is not followed", response->location);
    } else if (status == 401 || status == 403 || status == 404 || status == 410) {
        verdict.outcome = OUTCOME_BROKEN;
        verdict.remedy = status == 404 || status == 410 ? WORD_FIX_ADDRESS : WORD_FIX_TOKEN;
    } else if (status == 429) {
        verdict.outcome = OUTCOME_THROTTLED;
        verdict.remedy = WORD_FIX_QUOTA;
    } else if (status == 408 || status == 425 || status >= 500) {
        verdict.outcome = OUTCOME_AGAIN;
        verdict.remedy = WORD_FIX_WAIT;
    }
    return verdict;
}

bool answer_accepted(const struct response *response, struct verdicts *verdicts)
{
    if (response->status >= 200 && response->status < 300)
        return true;
    verdict_add(verdicts, response->status == 0 ? verdict_of_trouble(response) : verdict_of_status(response));
    return false;
}

static bool front_answered(const struct response *response)
{
    const char *body = response->body + strspn(response->body, " \t\r\n\xEF\xBB\xBF");

    return body[0] == '<';
}

/* The server said yes in a language that the provider does not speak. */
static struct verdict verdict_of_gibberish(const struct response *response)
{
    bool front = front_answered(response);

    return (struct verdict){
        .outcome = front ? OUTCOME_AGAIN : OUTCOME_UNCLEAR,
        .code = front ? "NOT-THE-PROVIDER" : "UNREADABLE",
        .reason = response->body_len > 0 ? body_line(response) : "the answer is empty",
        .remedy = WORD_FIX_PROXY,
    };
}

struct json_object *answer_json(const struct response *response, struct verdicts *verdicts)
{
    struct json_object *doc = NULL;
    struct verdict verdict;

    if (response->status != 0)
        doc = json_read(response->arena, response->body, response->body_len);
    if (json_is_object(doc))
        return doc;
    if (response->status >= 200 && response->status < 300) {
        verdict_add(verdicts, verdict_of_gibberish(response));
    } else if (response->status >= 400 && response->status < 500 && response->status != 408 &&
               response->status != 425 && response->status != 429) {
        verdict = verdict_of_status(response);
        verdict.outcome = OUTCOME_BROKEN;
        verdict_add(verdicts, verdict);
    } else {
        answer_accepted(response, verdicts);
    }
    return NULL;
}
