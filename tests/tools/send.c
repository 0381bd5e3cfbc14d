/*
 * send - carries requests through the real transport: one JSON object a line on stdin, one answer a line on stdout.
 *
 *     {"url": "https://127.0.0.1:8443/", "method": "POST", "headers": ["X-A: b"], "body": "{}", "timeout_ms": 3000,
 *      "network": {"proxy": "", "proxy_user": "", "no_proxy": "", "ca_file": "", "cert_file": "", "key_file": "", "source_address": "", "ip": "any"},
 *      "mail": {"from": "a@example.com", "to": "b@example.com", "user": "", "password": "", "tls": "required"}}
 *
 * All but "url" may be left out; with "mail" it is SMTP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/transport.h"
#include "common/world.h"

static const char *or_else(const char *text, const char *otherwise)
{
    return text[0] ? text : otherwise;
}

static const struct network *network_from(struct arena *arena, struct json_object *doc)
{
    struct network *network = arena_alloc(arena, sizeof(*network));

    *network = (struct network){
        .proxy = json_text_at(doc, "/network/proxy"),
        .proxy_user = {json_text_at(doc, "/network/proxy_user")},
        .no_proxy = json_text_at(doc, "/network/no_proxy"),
        .ca_file = json_text_at(doc, "/network/ca_file"),
        .cert_file = json_text_at(doc, "/network/cert_file"),
        .key_file = json_text_at(doc, "/network/key_file"),
        .source_address = json_text_at(doc, "/network/source_address"),
        .ip = or_else(json_text_at(doc, "/network/ip"), "any"),
    };
    return network;
}

static const struct mail *mail_from(struct arena *arena, struct json_object *doc)
{
    struct mail *mail = arena_alloc(arena, sizeof(*mail));

    if (!json_has(doc, "/mail"))
        return NULL;
    *mail = (struct mail){
        .from = json_text_at(doc, "/mail/from"),
        .to = json_text_at(doc, "/mail/to"),
        .user = json_text_at(doc, "/mail/user"),
        .password = {json_text_at(doc, "/mail/password")},
        .tls = strcmp(json_text_at(doc, "/mail/tls"), "never") == 0 ? TLS_NEVER : TLS_REQUIRED,
    };
    return mail;
}

static struct request request_from(struct arena *arena, struct json_object *doc)
{
    struct request request = request_in(arena);

    request.method = or_else(json_text_at(doc, "/method"), "POST");
    request.url = json_text_at(doc, "/url");
    request.network = network_from(arena, doc);
    request.mail = mail_from(arena, doc);
    request_body(&request, json_text_at(doc, "/body"));
    for (int i = 0; json_has(doc, arena_print(arena, "/headers/%d", i)); i++)
        request_header(&request, "%s", json_text_at(doc, arena_print(arena, "/headers/%d", i)));
    return request;
}

static const char *trouble_name(enum trouble trouble)
{
    static const char *const NAMES[] = {
        [TROUBLE_NONE] = "none", [TROUBLE_NAME] = "name", [TROUBLE_CONNECT] = "connect", [TROUBLE_TLS] = "tls",
        [TROUBLE_AUTH] = "auth", [TROUBLE_LOST] = "lost", [TROUBLE_BIG] = "big",         [TROUBLE_OURS] = "ours",
    };

    return NAMES[trouble];
}

/* The most memory held so far; getrusage() would tell that of the parent, too. */
static int64_t memory_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long long kib = 0;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoll(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kib;
}

static void print_response(const struct response *response, int64_t took_ms)
{
    struct json_object *doc = json_doc(response->arena);

    jset_number(doc, "status", response->status);
    jset_text(doc, "trouble", trouble_name(response->trouble));
    jset_flag(doc, "maybe_sent", response->maybe_sent);
    jset_number(doc, "retry_after_s", response->retry_after_s);
    jset_number(doc, "date_s", response->date_s);
    jset_text(doc, "body", response->body);
    jset_number(doc, "body_len", (int64_t)response->body_len);
    jset_text(doc, "location", response->location);
    jset_text(doc, "replies", response->replies);
    jset_text(doc, "command", response->command);
    jset_text(doc, "words", response->words);
    jset_number(doc, "took_ms", took_ms);
    jset_number(doc, "memory_kib", memory_kib());
    puts(json_print(doc));
    fflush(stdout);
}

static void send_line(const char *line, size_t len)
{
    struct arena *arena = arena_new();
    struct world world = world_system(arena);
    struct json_object *doc = json_read(arena, line, len);
    struct response response = response_in(arena);
    int64_t started_ms = world_steady_ms(&world);
    struct request request;

    if (!json_is_object(doc)) {
        fputs("tool_send: a line that is not a JSON object\n", stderr);
        exit(EXIT_FAILURE);
    }
    request = request_from(arena, doc);
    world.transport.send(world.transport.self, &request, json_number_at(doc, "/timeout_ms", 8000), &response);
    print_response(&response, world_steady_ms(&world) - started_ms);
    arena_release(arena);
}

int main(void)
{
    char *line = NULL;
    size_t space = 0;
    ssize_t len;

    while ((len = getline(&line, &space, stdin)) > 0)
        send_line(line, (size_t)len);
    free(line);
    return EXIT_SUCCESS;
}
