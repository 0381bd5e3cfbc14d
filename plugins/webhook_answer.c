/* https://www.rfc-editor.org/rfc/rfc6901 (JSON pointers) */
#include "plugins/webhook_answer.h"

#include <string.h>

/* The number, text or truth at `pointer` as text. */
static const char *word_at(struct arena *arena, struct json_object *answer, const char *pointer)
{
    const char *word = json_word_at(arena, answer, pointer);

    return !word[0] && json_flag_at(answer, pointer) ? "true" : word;
}

static void judge_json(const char *success, const struct response *response, struct verdicts *verdicts,
                       struct verdict verdict)
{
    const char *value = strchr(success, '=');
    const char *pointer = arena_copy(response->arena, success, strcspn(success, "="));
    struct json_object *answer = answer_json(response, verdicts);
    const char *found = word_at(response->arena, answer, pointer);

    if (!answer)
        return;
    if (value ? strcmp(found, value + 1) != 0 : !json_has(answer, pointer)) {
        verdict.outcome = OUTCOME_REFUSED;
        verdict.code = found[0] ? found : verdict.code;
    }
    verdict_add(verdicts, verdict);
}

void webhook_judge(const char *success, const struct response *response, struct verdicts *verdicts)
{
    struct verdict verdict = {
        .outcome = OUTCOME_DELIVERED,
        .code = arena_print(response->arena, "HTTP %d", response->status),
        .reason = success[0] ? response->body : "",
    };

    if (!answer_accepted(response, verdicts))
        return;
    if (success[0] == '/') {
        judge_json(success, response, verdicts, verdict);
        return;
    }
    if (strncmp(response->body, success, strlen(success)) != 0)
        verdict.outcome = OUTCOME_REFUSED;
    verdict_add(verdicts, verdict);
}
