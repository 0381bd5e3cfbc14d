#include "plugins/sandbox/provider.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "common/hash.h"
#include "common/str.h"
#include "plugins/sandbox/fields.h"

static const struct provider *const PROVIDERS[] = {
    &provider_dingtalk,
    &provider_wecom,
    &provider_feishu,
    &provider_slack_api,
    &provider_slack_webhook,
    &provider_teams_workflow,
    &provider_teams_connector,
    &provider_aliyun,
    &provider_tencent,
    &provider_webhook,
    &provider_bark,
    &provider_ntfy,
    NULL,
};

const char *account_text(const struct stand *stand, const char *account, const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "/%s/%s", account, name);
    return json_text_at(stand->accounts, path);
}

void accounts_visit(struct json_object *accounts, void (*visit)(void *self, const char *name, const char *value),
                    void *self)
{
    json_object_object_foreach(accounts, account, values)
    {
        (void)account;
        if (!json_is_object(values))
            continue;
        json_object_object_foreach(values, name, value)
        {
            if (json_object_is_type(value, json_type_string))
                visit(self, name, json_object_get_string(value));
        }
    }
}

static size_t path_length(const char *target)
{
    return strcspn(target, "?#");
}

struct signed_request signed_part(const struct exchange *exchange, const struct pairs *parameters)
{
    return (struct signed_request){
        .method = exchange->method,
        .path = arena_copy(exchange->arena, exchange->target, path_length(exchange->target)),
        .parameters = parameters,
        .headers = &exchange->headers,
        .body = exchange->body,
        .body_len = exchange->body_len,
    };
}

bool quota_take(struct stand *stand, const char *key, size_t most, int64_t window_ms, int64_t now_ms)
{
    if (memory_count(&stand->memory, key, window_ms, now_ms) >= most)
        return false;
    memory_add(&stand->memory, key, now_ms);
    return true;
}

const char *forced_code(struct stand *stand, const char *channel)
{
    for (size_t i = 0; i < stand->forced_count; i++) {
        struct forced *forced = &stand->forced[i];

        if (strcmp(forced->channel, channel) != 0 || forced->left == 0)
            continue;
        if (forced->left > 0)
            forced->left--;
        return forced->code;
    }
    return NULL;
}

bool secret_matches(const struct stand *stand, struct exchange *exchange, const char *account, const char *name,
                    const char *given)
{
    const char *known = account_text(stand, account, name);

    return !known[0] || prove(exchange, "token", same_secret(known, given));
}

struct refusal refusal_of(const struct refusal *table, const char *code, int status)
{
    for (; table->code; table++)
        if (strcmp(table->code, code) == 0)
            return *table;
    return (struct refusal){.code = code, .status = status, .words = "refused by the stand-in"};
}

static const struct provider *provider_at(const char *target)
{
    size_t path = path_length(target);

    for (size_t i = 0; PROVIDERS[i]; i++) {
        size_t len = strlen(PROVIDERS[i]->prefix);

        if (len <= path && strncmp(target, PROVIDERS[i]->prefix, len) == 0 && (len == path || target[len] == '/'))
            return PROVIDERS[i];
    }
    return NULL;
}

static void take_apart(struct exchange *exchange, size_t prefix)
{
    size_t path = path_length(exchange->target);

    exchange->path = path == prefix ? "/" : arena_copy(exchange->arena, exchange->target + prefix, path - prefix);
    if (exchange->target[path] == '?')
        form_read(exchange->arena, exchange->target + path + 1, &exchange->parameters);
    if (body_is(exchange, "application/x-www-form-urlencoded"))
        form_read(exchange->arena, exchange->body, &exchange->form);
    exchange->json = json_read(exchange->arena, exchange->body, exchange->body_len);
}

static void serve_nobody(struct exchange *exchange)
{
    struct str list = str_in(exchange->arena, 4096);

    exchange->code = objection(exchange, "404", "no provider is played at this path");
    str_add(&list, "notify_sandbox plays providers at:\n");
    for (size_t i = 0; PROVIDERS[i]; i++)
        str_addf(&list, "%s%s\n", PROVIDERS[i]->prefix, PROVIDERS[i]->path ? PROVIDERS[i]->path : "/");
    answer_text(exchange, 404, "text/plain; charset=utf-8", list.text);
}

static void serve(struct stand *stand, struct exchange *exchange, const struct provider *provider)
{
    provider->read(exchange);
    exchange->code = provider->judge(stand, exchange);
    if (!exchange->code && !exchange->question)
        exchange->code = forced_code(stand, exchange->channel);
    provider->reply(stand, exchange, exchange->code);
    if (exchange->code)
        exchange->code = arena_copy(exchange->arena, exchange->code, strcspn(exchange->code, " "));
}

void exchange_serve(struct stand *stand, struct exchange *exchange)
{
    const struct provider *provider = provider_at(exchange->target);

    exchange->channel = provider ? provider->channel : "unknown";
    take_apart(exchange, provider ? strlen(provider->prefix) : 0);
    if (!provider || (provider->path && strcmp(provider->path, exchange->path) != 0))
        serve_nobody(exchange);
    else
        serve(stand, exchange, provider);
}
