#include "plugins/sandbox/show.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/civil.h"
#include "common/str.h"
#include "common/utf8.h"

enum {
    RULE_WIDTH = 78,  /* columns */
    FACTS_SHOWN = 14, /* what a webhook carries beyond that is counted only */
    JOINED_MOST = 64 * 1024,
};

static const char *const PRODUCTS[][2] = {
    {"dingtalk",    "DingTalk 钉钉"            },
    {"wecom",       "WeCom 企业微信"         },
    {"feishu",      "Feishu 飞书"              },
    {"slack",       "Slack"                      },
    {"teams",       "Microsoft Teams"            },
    {"aliyun_sms",  "Aliyun SMS 阿里云短信" },
    {"tencent_sms", "Tencent SMS 腾讯云短信"},
    {"email",       "Mail 邮件"                },
    {"webhook",     "Webhook"                    },
    {"bark",        "Bark"                       },
    {"ntfy",        "ntfy"                       },
};

static const char *product(const char *channel)
{
    for (size_t i = 0; i < sizeof(PRODUCTS) / sizeof(*PRODUCTS); i++)
        if (strcmp(PRODUCTS[i][0], channel) == 0)
            return PRODUCTS[i][1];
    return channel;
}

/* Escape codes of a terminal; nothing when colours are off. */
static const char *paint(const struct showing *showing, const char *code)
{
    return showing->color ? code : "";
}

#define BOLD(showing)  paint(showing, "\033[1m")
#define DIM(showing)   paint(showing, "\033[2m")
#define GREEN(showing) paint(showing, "\033[32m")
#define RED(showing)   paint(showing, "\033[31m")
#define BLUE(showing)  paint(showing, "\033[34m")
#define PLAIN(showing) paint(showing, "\033[0m")

/* A record may be anybody's file: nothing in it may speak to the terminal. */
static const char *text_at(struct arena *arena, struct json_object *entry, const char *path)
{
    const char *text = json_text_at(entry, path);

    return utf8_clean(arena, text, strlen(text));
}

static const char *worded(struct arena *arena, const struct showing *showing, enum word word, const char *value)
{
    return word_print(arena, showing->language, word, &value, 1);
}

/* Columns of a text without control characters: three bytes and more take two columns, which holds for CJK and emoji. */
static size_t columns(const char *text)
{
    size_t count = 0;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        count += byte < 0x80 || (byte >= 0xC0 && byte < 0xE0) ? 1 : 0;
        count += byte >= 0xE0 ? 2 : 0;
    }
    return count;
}

static bool accepted(struct json_object *entry)
{
    return strcmp(json_text_at(entry, "/verdict"), "accepted") == 0;
}

static void show_head(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    const char *name = product(text_at(arena, entry, "/channel"));
    int64_t time_ms = json_number_at(entry, "/time_ms", 0);
    const char *head = arena_print(arena, "━━ %lld  ", (long long)json_number_at(entry, "/number", 0));
    size_t used = columns(head) - 2 + columns(name) + strlen(" 00:00:00 ");

    fprintf(showing->out, "%s%s%s%s%s%s ", accepted(entry) ? GREEN(showing) : RED(showing), head, BOLD(showing), name,
            PLAIN(showing), accepted(entry) ? GREEN(showing) : RED(showing));
    for (; used < RULE_WIDTH; used++)
        fputs("━", showing->out);
    fprintf(showing->out, " %s%s\n", civil_format(arena, time_ms / 1000, "", "%H:%M:%S"), PLAIN(showing));
}

/* Each line of the text behind a bar. */
static void show_lines(const struct showing *showing, struct json_object *entry, const char *style, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        fprintf(showing->out, "%s│%s %s%.*s%s\n", accepted(entry) ? GREEN(showing) : RED(showing), PLAIN(showing),
                style, (int)len, text, PLAIN(showing));
        text += len;
        text += *text == '\n';
    }
}

static const char *joined(struct arena *arena, struct json_object *entry, const char *list, const char *before)
{
    struct str out = str_in(arena, JOINED_MOST);

    for (size_t i = 0; i < 1000; i++) {
        const char *path = arena_print(arena, "/%s/%zu", list, i);

        if (!json_has(entry, path))
            break;
        str_add(&out, i > 0 ? " " : "");
        str_add(&out, before);
        str_add(&out, text_at(arena, entry, path));
    }
    return out.text;
}

static void show_text(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    const char *title = text_at(arena, entry, "/title");
    const char *text = text_at(arena, entry, "/text");

    if (title[0] && strncmp(text, title, strlen(title)) != 0) {
        show_lines(showing, entry, BOLD(showing), title);
        show_lines(showing, entry, "", text[0] ? "\n" : "");
    }
    show_lines(showing, entry, "", text);
}

static const char *fact(struct arena *arena, struct json_object *entry, size_t index, const char *part)
{
    return text_at(arena, entry, arena_print(arena, "/facts/%zu/%s", index, part));
}

/* How many facts are shown, and in *width how wide their names are. */
static size_t facts_shown(struct arena *arena, struct json_object *entry, size_t *width)
{
    size_t count = 0;

    *width = 0;
    for (; count < FACTS_SHOWN && json_has(entry, arena_print(arena, "/facts/%zu", count)); count++) {
        size_t wide = columns(fact(arena, entry, count, "name"));

        *width = wide > *width ? wide : *width;
    }
    return count;
}

static void show_facts(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    size_t width;
    size_t count = facts_shown(arena, entry, &width);

    for (size_t i = 0; i < count; i++) {
        const char *name = fact(arena, entry, i, "name");

        show_lines(
            showing, entry, "",
            arena_print(arena, "%s%*s%s", name, (int)(width - columns(name)) + 2, "", fact(arena, entry, i, "value")));
    }
    if (json_has(entry, arena_print(arena, "/facts/%zu", count)))
        show_lines(showing, entry, DIM(showing), "…");
}

static void show_buttons(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    for (size_t i = 0; i < 20; i++) {
        const char *path = arena_print(arena, "/buttons/%zu", i);

        if (!json_has(entry, path))
            return;
        show_lines(showing, entry, BLUE(showing),
                   arena_print(arena, "[ %s ] %s", text_at(arena, entry, arena_print(arena, "%s/name", path)),
                               text_at(arena, entry, arena_print(arena, "%s/value", path))));
    }
}

static void show_around(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    const char *recipients = joined(arena, entry, "recipients", "");
    const char *mentions = joined(arena, entry, "mentions", "@");
    const char *thread = text_at(arena, entry, "/thread");

    if (recipients[0])
        show_lines(showing, entry, DIM(showing), worded(arena, showing, WORD_SHOWN_TO, recipients));
    if (mentions[0])
        show_lines(showing, entry, BLUE(showing), worded(arena, showing, WORD_SHOWN_PINGS, mentions));
    if (thread[0])
        show_lines(showing, entry, DIM(showing), worded(arena, showing, WORD_SHOWN_THREAD, thread));
    for (size_t i = 0; i < 20; i++) {
        const char *said = text_at(arena, entry, arena_print(arena, "/notes/%zu", i));

        if (said[0])
            show_lines(showing, entry, RED(showing), worded(arena, showing, WORD_SHOWN_NOTE, said));
    }
}

static const char *proof_words(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    const char *proof = json_text_at(entry, "/proof");
    const char *of = text_at(arena, entry, "/proof_of");

    if (strcmp(proof, "wrong") == 0)
        return worded(arena, showing, WORD_SHOWN_WRONG, of);
    if (strcmp(proof, "verified") != 0)
        return word_in(showing->language, WORD_SHOWN_UNCHECKED);
    if (strcmp(of, "login") == 0)
        return word_in(showing->language, WORD_SHOWN_LOGIN);
    return word_in(showing->language, strcmp(of, "token") == 0 ? WORD_SHOWN_TOKEN : WORD_SHOWN_SIGNATURE);
}

static void show_foot(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    const char *code = text_at(arena, entry, "/code");
    const char *why = text_at(arena, entry, "/why");

    if (accepted(entry)) {
        fprintf(showing->out, "%s└ ✓ %s · %s%s\n\n", GREEN(showing), word_in(showing->language, WORD_SHOWN_ACCEPTED),
                proof_words(arena, showing, entry), PLAIN(showing));
        return;
    }
    fprintf(showing->out, "%s└ ✗ %s%s%s%s\n\n", RED(showing), worded(arena, showing, WORD_SHOWN_REFUSED, code),
            why[0] ? " · " : "", why, PLAIN(showing));
}

void show_entry(struct arena *arena, const struct showing *showing, struct json_object *entry)
{
    show_head(arena, showing, entry);
    show_text(arena, showing, entry);
    show_facts(arena, showing, entry);
    show_around(arena, showing, entry);
    show_buttons(arena, showing, entry);
    show_foot(arena, showing, entry);
}

static void count_entry(struct showing *showing, struct json_object *entry)
{
    bool proven = strcmp(json_text_at(entry, "/proof"), "verified") == 0;

    if (!accepted(entry)) {
        showing->refused++;
        return;
    }
    showing->arrived++;
    showing->wrong += proven ? 0 : 1;
    for (size_t i = 0; i < showing->expected_count; i++)
        if (strcmp(showing->expected[i].channel, json_text_at(entry, "/channel")) == 0)
            showing->expected[i].arrived++;
}

static bool show_line(struct showing *showing, const char *path, unsigned long number, const char *line, size_t len,
                      struct fault *fault)
{
    struct arena *arena = arena_new();
    struct json_object *entry = json_read(arena, line, len);
    bool good = json_is_object(entry) && json_has(entry, "/channel");

    if (good) {
        show_entry(arena, showing, entry);
        count_entry(showing, entry);
    } else {
        fault_set(fault, FAULT_INPUT, "%s:%lu: not an entry of a record", path, number);
    }
    arena_release(arena);
    return good;
}

static bool show_lines_of(struct showing *showing, const char *path, FILE *file, struct fault *fault)
{
    char *line = NULL;
    size_t space = 0;
    unsigned long number = 0;
    bool good = true;

    for (ssize_t len; good && (len = getline(&line, &space, file)) > 0;)
        good = show_line(showing, path, ++number, line, (size_t)len, fault);
    free(line);
    return good;
}

static const char *number_text(struct arena *arena, long number)
{
    return arena_print(arena, "%ld", number);
}

static void show_missing(struct arena *arena, const struct showing *showing, const struct expected *expected)
{
    const char *values[] = {product(expected->channel), number_text(arena, expected->arrived),
                            number_text(arena, expected->count)};

    fprintf(showing->out, "%s✗ %s%s\n", RED(showing),
            word_print(arena, showing->language, WORD_SHOWN_MISSING, values, 3), PLAIN(showing));
}

/* Of what was expected, or of all when nothing was. Returns false when something is missing. */
static bool show_total(struct arena *arena, const struct showing *showing)
{
    long arrived = showing->expected_count > 0 ? 0 : showing->arrived;
    long wanted = showing->expected_count > 0 ? 0 : showing->arrived + showing->refused;
    enum word word = showing->wrong == 0 ? WORD_SHOWN_TOTAL : WORD_SHOWN_TOTAL_UNCHECKED;

    for (size_t i = 0; i < showing->expected_count; i++) {
        const struct expected *expected = &showing->expected[i];

        wanted += expected->count;
        arrived += expected->arrived < expected->count ? expected->arrived : expected->count;
        if (expected->arrived < expected->count)
            show_missing(arena, showing, expected);
    }
    fprintf(showing->out, "%s%s%s%s\n", BOLD(showing),
            arrived == wanted && showing->wrong == 0 ? GREEN(showing) : RED(showing),
            word_print(arena, showing->language, word,
                       (const char *const[]){number_text(arena, arrived), number_text(arena, wanted),
                                             number_text(arena, showing->wrong)},
                       3),
            PLAIN(showing));
    return arrived == wanted;
}

bool show_file(struct arena *arena, struct showing *showing, const char *path, bool *complete, struct fault *fault)
{
    FILE *file = fopen(path, "re");
    bool good;

    if (!file)
        return fault_set(fault, FAULT_SYSTEM, "cannot read the record '%s': %s", path, strerror(errno));
    good = show_lines_of(showing, path, file, fault);
    fclose(file);
    if (good)
        *complete = show_total(arena, showing);
    return good;
}
