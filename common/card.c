#include "common/card.h"

#include <string.h>
#include <strings.h>

#include "common/encode.h"
#include "common/str.h"

static const char PARAGRAPH[] = "\n\n";

static const char *title_of(struct arena *arena, const struct intent *intent, size_t most)
{
    const struct message *message = intent->message;
    const char *title = message->title[0] ? message->title : word_in(message->language, WORD_SYSTEM_NOTICE);

    if (intent->repeat)
        title = arena_print(arena, "%s %s", word_in(message->language, WORD_POSSIBLE_REPEAT), title);
    return utf8_shorten(arena, title, most, UNIT_CHARACTERS);
}

static const char *context_of(struct arena *arena, const struct message *message)
{
    const struct event *event = message->event;
    const char *known[] = {message->level, message->time, event->host_name[0] ? event->host_name : event->host,
                           event_server(event)};
    const char *context = "";

    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i][0])
            context = arena_print(arena, "%s%s%s", context, context[0] ? " · " : "", known[i]);
    return utf8_shorten(arena, context, CARD_TITLE_MOST, UNIT_CHARACTERS);
}

static bool is_web_address(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0;
}

/* RFC 3986 without the brackets that would end a link of Markdown; '%' stays, the address is encoded already. */
static const char *harmless_url(struct arena *arena, const char *url)
{
    static const char KEPT[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%:/?#@!$&'*+,;=";
    struct str harmless = str_in(arena, CARD_URL_MOST);

    for (; *url; url++) {
        if (strchr(KEPT, *url))
            str_addc(&harmless, *url);
        else
            encode_percent(&harmless, (char[]){*url, '\0'});
    }
    return str_fits(&harmless) ? harmless.text : "";
}

static void add_button(struct card *card, enum word label, const char *url)
{
    const char *harmless = is_web_address(url) ? harmless_url(card->arena, url) : "";

    if (harmless[0])
        card->buttons.items[card->buttons.count++] =
            (struct button){.label = word_in(card->message->language, label), .url = harmless};
}

struct card card_of(struct arena *arena, const struct intent *intent, size_t title_most)
{
    struct card card = {
        .arena = arena,
        .message = intent->message,
        .title = title_of(arena, intent, title_most),
        .context = context_of(arena, intent->message),
    };

    add_button(&card, WORD_BUTTON_CONFIRM, intent->message->confirm_url);
    add_button(&card, WORD_BUTTON_OPEN, intent->message->link);
    return card;
}

const char *card_links(const struct card *card, enum markup markup)
{
    bool plain = markup == MARKUP_PLAIN;
    const char *links = "";

    for (size_t i = 0; i < card->buttons.count; i++) {
        const struct button *button = &card->buttons.items[i];
        const char *gap = i == 0 ? "" : plain ? "\n" : "  ";

        links = arena_print(card->arena, plain ? "%s%s%s: %s" : "%s%s[%s](%s)", links, gap, button->label, button->url);
    }
    return links;
}

const char *card_colour(enum mood mood)
{
    switch (mood) {
    case MOOD_GOOD:
        return "36a64f";
    case MOOD_INFO:
        return "439fe0";
    case MOOD_WARNING:
        return "ffaa00";
    case MOOD_ERROR:
        return "ff5500";
    case MOOD_CRITICAL:
        return "ff0000";
    case MOOD_EMERGENCY:
        return "990000";
    }
    return "439fe0";
}

const char *card_joined(const struct card *card, const char *above, const char *below)
{
    return arena_print(card->arena, "%s%s%s", above, above[0] && below[0] ? PARAGRAPH : "", below);
}

const char *card_text(const struct card *card, const struct passage *passage, enum markup markup, const char *head,
                      const char *tail, size_t most)
{
    size_t taken = strlen(head) + strlen(tail) + 2 * strlen(PARAGRAPH);
    const char *text = passage_write(card->arena, passage, markup, most > taken ? most - taken : 0, UNIT_BYTES,
                                     card->message->language);

    return card_joined(card, card_joined(card, head, text), tail);
}

const char *card_untagged(const struct card *card, const char *text)
{
    struct str safe = str_in(card->arena, strlen("＜") * strlen(text));

    for (; *text; text++)
        str_add(&safe, *text == '<' ? "＜" : (char[]){*text, '\0'});
    return safe.text;
}

const char *card_untagged_text(const struct card *card, const struct passage *passage)
{
    return card_untagged(
        card, passage_write(card->arena, passage, MARKUP_PLAIN, TEXT_MOST, UNIT_BYTES, card->message->language));
}

/* One value takes a quarter at most: it may be a whole message. */
const char *card_facts(const struct card *card, enum markup markup, struct json_object *list, const char *name_key,
                       size_t most)
{
    struct arena *arena = card->arena;
    struct pairs facts = passage_facts(arena, card->message->text);
    size_t left = most;

    for (size_t i = 0; i < facts.count; i++) {
        const char *name = markup_escape(arena, markup, facts.items[i].name);
        const char *value =
            markup_escape(arena, markup, utf8_shorten(arena, facts.items[i].value, most / 4, UNIT_BYTES));
        size_t bytes = strlen(name) + strlen(value);

        if (left < most / 2 + bytes)
            break;
        left -= bytes;
        jadd_texts(list, name_key, name, "value", value, NULL);
    }
    return passage_write(arena, passage_without_facts(arena, card->message->text), markup, left, UNIT_BYTES,
                         card->message->language);
}
