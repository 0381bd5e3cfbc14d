#include "plugins/sandbox/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/utf8.h"

bool journal_open(struct journal *journal, const char *path, const struct secrets *secrets,
                  const struct showing *showing, struct fault *fault)
{
    *journal = (struct journal){.descriptor = -1, .showing = showing, .secrets = secrets};
    if (!path[0])
        return true;
    journal->descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal->descriptor < 0)
        return fault_set(fault, FAULT_SYSTEM, "cannot write the log '%s': %s", path, strerror(errno));
    return true;
}

static const char *clean(struct arena *arena, const struct journal *journal, const char *text)
{
    return secrets_mask(arena, journal->secrets, utf8_clean(arena, text, strlen(text)));
}

static void add_texts(struct arena *arena, const struct journal *journal, struct json_object *entry, const char *name,
                      const struct texts *texts)
{
    struct json_object *array = jset_array(entry, name);

    for (size_t i = 0; i < texts->count; i++)
        jadd_text(array, clean(arena, journal, texts->items[i]));
}

static void add_pairs(struct arena *arena, const struct journal *journal, struct json_object *entry, const char *name,
                      const struct pairs *pairs)
{
    struct json_object *array = jset_array(entry, name);

    for (size_t i = 0; i < pairs->count; i++) {
        struct json_object *pair = jadd_object(array);

        jset_text(pair, "name", clean(arena, journal, pairs->items[i].name));
        jset_text(pair, "value", clean(arena, journal, pairs->items[i].value));
    }
}

static const char *proof_name(enum proof proof)
{
    switch (proof) {
    case PROOF_UNCHECKED:
        return "unchecked";
    case PROOF_VERIFIED:
        return "verified";
    case PROOF_WRONG:
        return "wrong";
    }
    return "unchecked";
}

static void add_reading(const struct journal *journal, struct json_object *entry, const struct exchange *exchange)
{
    struct arena *arena = exchange->arena;
    const struct reading *reading = &exchange->reading;

    jset_text(entry, "format", clean(arena, journal, reading->format));
    jset_text(entry, "title", clean(arena, journal, reading->title));
    jset_text(entry, "text", clean(arena, journal, reading->text));
    jset_text(entry, "color", clean(arena, journal, reading->color));
    jset_text(entry, "thread", clean(arena, journal, reading->thread));
    add_texts(arena, journal, entry, "mentions", &reading->mentions);
    add_texts(arena, journal, entry, "recipients", &reading->recipients);
    add_pairs(arena, journal, entry, "buttons", &reading->buttons);
    add_pairs(arena, journal, entry, "facts", &reading->facts);
    add_texts(arena, journal, entry, "notes", &reading->notes);
}

static void add_traffic(const struct journal *journal, struct json_object *entry, const struct exchange *exchange)
{
    struct arena *arena = exchange->arena;
    struct json_object *answer = jset_object(entry, "answer");
    struct json_object *request = jset_object(entry, "request");

    jset_number(answer, "status", exchange->answer.status);
    jset_text(answer, "body", clean(arena, journal, exchange->answer.body));
    jset_text(request, "method", clean(arena, journal, exchange->method));
    jset_text(request, "target", clean(arena, journal, exchange->target));
    add_pairs(arena, journal, request, "headers", &exchange->headers);
    jset_text(request, "body", clean(arena, journal, exchange->body));
}

static struct json_object *entry_of(struct journal *journal, const struct exchange *exchange)
{
    struct json_object *entry = json_doc(exchange->arena);

    jset_number(entry, "number", (int64_t)++journal->count);
    jset_number(entry, "time_ms", exchange->now_ms);
    jset_text(entry, "channel", exchange->channel);
    jset_text(entry, "verdict", exchange->code ? "refused" : "accepted");
    jset_text(entry, "code", exchange->code ? clean(exchange->arena, journal, exchange->code) : "");
    jset_text(entry, "why", clean(exchange->arena, journal, exchange->why));
    jset_text(entry, "proof", proof_name(exchange->proof));
    jset_text(entry, "proof_of", exchange->proof_of);
    add_reading(journal, entry, exchange);
    add_traffic(journal, entry, exchange);
    return entry;
}

void journal_add(struct journal *journal, const struct exchange *exchange)
{
    struct json_object *entry = entry_of(journal, exchange);
    const char *line;
    size_t len;

    if (journal->descriptor < 0) {
        show_entry(exchange->arena, journal->showing, entry);
        fflush(journal->showing->out);
        return;
    }
    line = arena_print(exchange->arena, "%s\n", json_print(entry));
    len = strlen(line);
    if (write(journal->descriptor, line, len) != (ssize_t)len)
        fprintf(stderr, "notify_sandbox: cannot write the log: %s\n", strerror(errno));
}
