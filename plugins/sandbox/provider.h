/*
 * provider - the services that the stand-in plays, each at a path of its own.
 *
 * A provider is a row: how its message is read, what it objects to, and the form of its answers. To play another one, add a
 * file and a row in provider.c.
 */
#ifndef SANDBOX_PROVIDER_H
#define SANDBOX_PROVIDER_H

#include "plugins/sandbox/exchange.h"
#include "plugins/sandbox/memory.h"
#include "plugins/sandbox/sent.h"
#include "plugins/sandbox/verify.h"

enum { FORCED_MOST = 32 };

/* An answer wished for by --answer CHANNEL=CODE[*TIMES]. */
struct forced {
    const char *channel;
    const char *code;
    long left; /* times; negative for always */
};

/* What the stand-in knows and remembers between requests. */
struct stand {
    struct json_object *accounts; /* --secrets: {"dingtalk": {"access_token": "..."}}; NULL when not given */
    struct memory memory;
    struct sent_list sent;
    struct forced forced[FORCED_MOST];
    size_t forced_count;
    unsigned long serial; /* of ids that it gives out */
};

struct provider {
    const char *channel;
    const char *prefix; /* "/dingtalk" */
    const char *path;   /* the only path after it; NULL when judge() looks at the path itself */
    /* Fills the reading, as far as the request can be understood. */
    void (*read)(struct exchange *exchange);
    /* NULL when the provider takes it, else the code of its refusal; sets the proof. */
    const char *(*judge)(struct stand *stand, struct exchange *exchange);
    /* The provider's own answer: success when `code` is NULL. */
    void (*reply)(struct stand *stand, struct exchange *exchange, const char *code);
};

extern const struct provider provider_dingtalk;
extern const struct provider provider_wecom;
extern const struct provider provider_feishu;
extern const struct provider provider_slack_api;
extern const struct provider provider_slack_webhook;
extern const struct provider provider_teams_workflow;
extern const struct provider provider_teams_connector;
extern const struct provider provider_aliyun;
extern const struct provider provider_tencent;
extern const struct provider provider_webhook;
extern const struct provider provider_bark;
extern const struct provider provider_ntfy;

/* Reads, judges and answers a request whose method, target, headers and body are filled in. */
void exchange_serve(struct stand *stand, struct exchange *exchange);

/* What --secrets says of an account: account_text(stand, "dingtalk", "secret"); "" when it says nothing. */
const char *account_text(const struct stand *stand, const char *account, const char *name);

/* Calls `visit` with the name and value of each text of each account. */
void accounts_visit(struct json_object *accounts, void (*visit)(void *self, const char *name, const char *value),
                    void *self);

/* The answer that --answer wishes for the channel, and counts it; NULL when there is none. */
const char *forced_code(struct stand *stand, const char *channel);

/*
 * Compares what was given with a secret of the account, and sets the proof. True when they are the same, or when the
 * stand-in does not know the secret.
 */
bool secret_matches(const struct stand *stand, struct exchange *exchange, const char *account, const char *name,
                    const char *given);

/* What of the request is signed, with these parameters. */
struct signed_request signed_part(const struct exchange *exchange, const struct pairs *parameters);

/* True, and counts one, when `key` did not happen `most` times within the window yet. */
bool quota_take(struct stand *stand, const char *key, size_t most, int64_t window_ms, int64_t now_ms);

/*
 * A row of a provider's documented refusals; the table ends with code NULL. Where a provider uses one code for several
 * refusals, a second word tells the rows apart: "310000 keyword". The provider's code is the first word.
 */
struct refusal {
    const char *code;
    int status;
    const char *words;
};

/* The row of `code`; {code, `status`, "refused by the stand-in"} when the table has none. */
struct refusal refusal_of(const struct refusal *table, const char *code, int status);

#endif
