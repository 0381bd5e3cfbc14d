#include "plugins/wecom_text.h"

void wecom_write_text(struct json_object *text, const struct card *card, const struct mentions *mentions)
{
    struct passage *passage = passage_of(card->arena, card_untagged_text(card, card->message->text));
    struct json_object *users = jset_mentions(text, "mentioned_list", &mentions->users);

    jset_text(text, "content",
              card_text(card, passage, MARKUP_PLAIN, card_untagged(card, card->title), card_links(card, MARKUP_PLAIN),
                        TEXT_BYTES));
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
