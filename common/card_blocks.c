#include "common/card_blocks.h"

/* A new object in `array` with a list of its own. */
static struct json_object *add_list(struct json_object *array, const char *type)
{
    return jset_array(jadd_texts(array, "type", type, NULL), "elements");
}

static void set_text(struct json_object *object, const char *type, const char *text)
{
    jset_texts(jset_object(object, "text"), "type", type, "text", text, NULL);
}

static void write_buttons(struct json_object *elements, const struct buttons *buttons)
{
    for (size_t i = 0; i < buttons->count; i++)
        set_text(jadd_texts(elements, "type", "button", "url", buttons->items[i].url, NULL), "plain_text",
                 buttons->items[i].label);
}

static void write_bar(struct json_object *attachment, const struct card *card, const char *section)
{
    struct json_object *blocks = jset_array(attachment, "blocks");

    jset_text(attachment, "color", arena_print(card->arena, "#%s", card_colour(message_mood(card->message))));
    if (section[0])
        set_text(jadd_texts(blocks, "type", "section", NULL), "mrkdwn", section);
    jadd_texts(add_list(blocks, "context"), "type", "plain_text", "text", card->context, NULL);
    if (card->buttons.count > 0)
        write_buttons(add_list(blocks, "actions"), &card->buttons);
}

struct json_object *blocks_message(const struct card *card, const char *text, const char *section)
{
    struct json_object *doc = json_doc(card->arena);

    write_bar(jadd_object(jset_array(doc, "attachments")), card, section);
    jset_texts(doc, "text", text, "parse", "none", NULL); /* chat.update would parse unless told not to */
    jset_flag(doc, "link_names", false);
    jset_flag(doc, "unfurl_links", false);
    jset_flag(doc, "unfurl_media", false);
    return doc;
}
