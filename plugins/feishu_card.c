#include "plugins/feishu_card.h"

static const char *colour(enum mood mood)
{
    switch (mood) {
    case MOOD_GOOD:
        return "green";
    case MOOD_INFO:
        return "blue";
    case MOOD_WARNING:
        return "yellow";
    case MOOD_ERROR:
        return "orange";
    case MOOD_CRITICAL:
        return "red";
    case MOOD_EMERGENCY:
        return "carmine";
    }
    return "blue";
}

static void set_plain(struct json_object *object, const char *key, const char *text)
{
    jset_texts(jset_object(object, key), "tag", "plain_text", "content", text, NULL);
}

static void add_buttons(struct json_object *elements, const struct card *card)
{
    struct json_object *actions;

    if (card->buttons.count == 0)
        return;
    actions = jset_array(jadd_texts(elements, "tag", "action", NULL), "actions");
    for (size_t i = 0; i < card->buttons.count; i++) {
        const struct button *button = &card->buttons.items[i];

        set_plain(
            jadd_texts(actions, "tag", "button", "type", i == 0 ? "primary" : "default", "url", button->url, NULL),
            "text", button->label);
    }
}

static void add_note(struct json_object *elements, const char *text)
{
    struct json_object *note = jset_array(jadd_texts(elements, "tag", "note", NULL), "elements");

    jadd_texts(note, "tag", "plain_text", "content", text, NULL);
}

void feishu_write_card(struct json_object *object, const struct card *card, const char *title,
                       const struct mentions *mentions)
{
    struct json_object *header = jset_object(object, "header");
    struct json_object *elements = jset_array(object, "elements");
    const char *users = mentions_text(card->arena, &mentions->users, "<at id=", "></at>");
    const char *names = arena_print(card->arena, "%s%s", users, mentions->all ? "<at id=all></at>" : "");

    jset_flag(jset_object(object, "config"), "wide_screen_mode", true);
    set_plain(header, "title", title);
    jset_text(header, "template", colour(message_mood(card->message)));
    jadd_texts(elements, "tag", "markdown", "content",
               card_text(card, card->message->text, MARKUP_FEISHU, "", names, TEXT_BYTES), NULL);
    add_buttons(elements, card);
    if (card->context[0])
        add_note(elements, card->context);
}

const char *feishu_text(const struct card *card, const char *title, const struct mentions *mentions)
{
    struct passage *passage = passage_of(card->arena, card_untagged_text(card, card->message->text));
    const char *users = mentions_text(card->arena, &mentions->users, "<at user_id=\"", "\"></at>");
    const char *names = arena_print(card->arena, "%s%s", users, mentions->all ? "<at user_id=\"all\"></at>" : "");

    return card_text(card, passage, MARKUP_PLAIN, card_untagged(card, title),
                     card_joined(card, card_links(card, MARKUP_PLAIN), names), TEXT_BYTES);
}
