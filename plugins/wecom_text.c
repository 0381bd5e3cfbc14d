#include "plugins/wecom_text.h"

#include <string.h>

#include "common/str.h"

/* For plain text: `<@userid>` would mention there as well. */
static const char *without_angle(struct arena *arena, const char *text)
{
    struct str safe = str_in(arena, strlen("＜") * strlen(text));

    for (; *text; text++)
        str_add(&safe, *text == '<' ? "＜" : (char[]){*text, '\0'});
    return safe.text;
}

const char *wecom_plain_text(const struct card *card, const struct passage *passage)
{
    return without_angle(
        card->arena, passage_write(card->arena, passage, MARKUP_PLAIN, TEXT_MOST, UNIT_BYTES, card->message->language));
}

void wecom_write_text(struct json_object *text, const struct card *card, const struct mentions *mentions)
{
    struct passage *passage = passage_of(card->arena, wecom_plain_text(card, card->message->text));
    struct json_object *users = jset_mentions(text, "mentioned_list", &mentions->users);

    jset_text(text, "content",
              card_text(card, passage, MARKUP_PLAIN, without_angle(card->arena, card->title),
                        card_links(card, MARKUP_PLAIN), TEXT_BYTES));
    if (mentions->all)
        jadd_text(users, "@all");
    jset_mentions(text, "mentioned_mobile_list", &mentions->mobiles);
}

static const char *font_colour(enum mood mood)
{
    return mood == MOOD_GOOD ? "info" : mood == MOOD_INFO ? "comment" : "warning";
}

void wecom_write_markdown(struct json_object *markdown, const struct card *card, const struct mentions *mentions)
{
    const char *head =
        arena_print(card->arena, "### <font color=\"%s\">%s</font>", font_colour(message_mood(card->message)),
                    markup_escape(card->arena, MARKUP_WECOM, card->title));
    const char *users = mentions_text(card->arena, &mentions->users, "<@", ">");
    const char *names = arena_print(card->arena, "%s%s", users, mentions->all ? "<@all>" : "");
    const char *tail = card_joined(card, card_links(card, MARKUP_WECOM), names);

    jset_text(markdown, "content", card_text(card, card->message->text, MARKUP_WECOM, head, tail, MARKDOWN_BYTES));
}
