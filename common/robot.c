#include "common/robot.h"

#include <string.h>

#include "common/encode.h"
#include "common/str.h"

/* What a browser shows for "&times": people paste "&timestamp=" as "×tamp=". */
static const char TIMES[] = "×";

static bool is_parameter(const char *piece, const char *name)
{
    size_t len = strlen(name);

    return strncmp(piece, name, len) == 0 && piece[len] == '=';
}

/* The pasted address taken apart. */
struct pasted {
    const char *base;  /* up to the query, or to the token that ends the path */
    const char *token; /* "" when it holds none */
    struct str others; /* "&name=value" of parameters that are no token and no signature */
};

static void read_parameter(struct pasted *pasted, const char *name, const char *piece)
{
    if (strncmp(piece, "amp;", 4) == 0)
        piece += 4;
    if (is_parameter(piece, name))
        pasted->token = piece + strlen(name) + 1;
    else if (piece[0] && !is_parameter(piece, "timestamp") && !is_parameter(piece, "sign"))
        str_addf(&pasted->others, "&%s", piece);
}

/* https://open.feishu.cn/open-apis/bot/v2/hook/TOKEN: what may stand behind it is no part of it. */
static struct pasted pasted_path(struct arena *arena, const char *webhook)
{
    const char *path = arena_copy(arena, webhook, strcspn(webhook, "?#"));
    const char *slash = strrchr(path, '/');
    size_t base = slash ? (size_t)(slash - path) : 0;

    return (struct pasted){.base = arena_copy(arena, path, base),
                           .token = slash ? slash + 1 : "",
                           .others = str_in(arena, ROBOT_URL_MOST)};
}

static struct pasted pasted_query(struct arena *arena, const char *webhook, const char *name)
{
    const char *token = strstr(webhook, arena_print(arena, "%s=", name));
    const char *query = strchr(webhook, '?');
    size_t base = query ? (size_t)(query - webhook) : token ? (size_t)(token - webhook) : strlen(webhook);
    struct pasted pasted = {.token = "", .others = str_in(arena, ROBOT_URL_MOST)};

    for (query = webhook + base + strspn(webhook + base, "?&"); *query; query += strspn(query, "&")) {
        size_t len = strcspn(query, "&#");
        char *piece = arena_copy(arena, query, len);

        if (strstr(piece, TIMES))
            *strstr(piece, TIMES) = '\0';
        read_parameter(&pasted, name, piece);
        query += query[len] == '#' ? strlen(query) : len;
    }
    while (base > 0 && webhook[base - 1] == '&')
        base--;
    pasted.base = arena_copy(arena, webhook, base);
    return pasted;
}

bool robot_request(const struct robot_kind *kind, const struct robot *robot, const char *signature,
                   struct request *request, struct fault *fault)
{
    bool in_path = kind->parameter[0] == '\0';
    const char *webhook = secret_text(robot->webhook);
    struct pasted pasted =
        in_path ? pasted_path(request->arena, webhook) : pasted_query(request->arena, webhook, kind->parameter);
    bool elsewhere = strcmp(robot->endpoint, kind->standard) != 0 || pasted.base[0] == '\0';
    const char *base = elsewhere ? robot->endpoint : pasted.base;
    struct str url = str_in(request->arena, ROBOT_URL_MOST);

    if (!secret_given(robot->token) && pasted.token[0] == '\0')
        return fault_set(fault, FAULT_CONFIG, "%s: copy the whole address into `webhook`, or give `%s`",
                         secret_given(robot->webhook) ? "the webhook has no token in it" : "no robot is given",
                         kind->option);
    if (in_path)
        str_addf(&url, "%s/", base);
    else
        str_addf(&url, "%s%c%s=", base, strchr(base, '?') ? '&' : '?', kind->parameter);
    if (secret_given(robot->token))
        encode_percent(&url, secret_text(robot->token));
    else
        str_add(&url, pasted.token);
    str_addf(&url, "%s%s", elsewhere ? "" : pasted.others.text, signature);
    if (!str_fits(&url))
        return fault_set(fault, FAULT_CONFIG, "the address is longer than %zu bytes", url.limit);
    request_header(request, "Content-Type: application/json; charset=utf-8");
    return request_to(request, url.text, fault);
}

void robot_check(const struct robot_kind *kind, const struct robot *robot, const struct findings *findings)
{
    struct request request = request_in(findings->arena);
    struct fault fault = {0};

    if (!robot_request(kind, robot, "", &request, &fault))
        findings->mistake(findings->self, fault.text);
}

const struct robot_fields ROBOT_ERRCODE = {.code = "/errcode", .words = "/errmsg"};

void robot_answer(const struct robot_fields *fields, const struct verdict_rule *rules, const struct response *response,
                  struct json_object *doc, struct verdicts *verdicts)
{
    const char *code = json_word_at(response->arena, doc, fields->code);
    bool silent = code[0] == '\0' || strcmp(code, "0") == 0;

    if (silent && !answer_accepted(response, verdicts))
        return;
    verdict_by_rules(verdicts, rules, "", code[0] ? code : "NO-ERRCODE",
                     code[0] ? json_text_at(doc, fields->words) : response->body, response, "");
}
