#include "common/card_adaptive.h"

static struct json_object *add_block(struct json_object *body, const char *text)
{
    struct json_object *block = jadd_texts(body, "type", "TextBlock", "text", text, NULL);

    jset_flag(block, "wrap", true);
    return block;
}

static const char *colour_name(enum mood mood)
{
    switch (mood) {
    case MOOD_GOOD:
        return "Good";
    case MOOD_INFO:
        return "Accent";
    case MOOD_WARNING:
        return "Warning";
    case MOOD_ERROR:
    case MOOD_CRITICAL:
    case MOOD_EMERGENCY:
        return "Attention";
    }
    return "Default";
}

static void write_heading(struct json_object *body, const struct card *card)
{
    struct json_object *title = add_block(body, markup_escape(card->arena, MARKUP_CARD, card->title));
    struct json_object *context = add_block(body, markup_escape(card->arena, MARKUP_CARD, card->context));

    jset_texts(title, "weight", "Bolder", "size", "Medium", "color", colour_name(message_mood(card->message)), NULL);
    jset_text(context, "spacing", "None");
    jset_flag(context, "isSubtle", true);
}

static void write_body(struct json_object *body, const struct card *card, size_t most)
{
    struct json_object *facts;
    const char *text;

    write_heading(body, card);
    facts = jset_array(jadd_texts(body, "type", "FactSet", NULL), "facts");
    text = card_facts(card, MARKUP_CARD, facts, "title", most);
    if (text[0])
        add_block(body, text);
}

/* The text of each mention must stand in the body byte for byte. */
static void write_mentions(struct json_object *content, const struct card *card, const struct mention_list *people)
{
    struct json_object *teams = jset_object(content, "msteams");
    struct json_object *entities = jset_array(teams, "entities");

    jset_text(teams, "width", "full");
    for (size_t i = 0; i < people->count; i++) {
        const char *text = arena_print(card->arena, "<at>%s</at>", people->items[i]);
        struct json_object *entity = jadd_texts(entities, "type", "mention", "text", text, NULL);

        jset_texts(jset_object(entity, "mentioned"), "id", people->items[i], "name", people->items[i], NULL);
    }
}

struct json_object *adaptive_card(const struct card *card, const struct mention_list *people, size_t most)
{
    struct json_object *doc = json_doc(card->arena);
    struct json_object *attachment = jadd_object(jset_array(doc, "attachments"));
    struct json_object *content = jset_object(attachment, "content");
    struct json_object *body = jset_array(content, "body");
    struct json_object *actions = jset_array(content, "actions");

    jset_text(doc, "type", "message");
    jset_text(attachment, "contentType", "application/vnd.microsoft.card.adaptive");
    jset_texts(content, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard",
               "version", "1.4", NULL);
    write_body(body, card, most);
    write_mentions(content, card, people);
    if (people->count > 0)
        add_block(body, mentions_text(card->arena, people, "<at>", "</at>"));
    for (size_t i = 0; i < card->buttons.count; i++)
        jadd_texts(actions, "type", "Action.OpenUrl", "title", card->buttons.items[i].label, "url",
                   card->buttons.items[i].url, NULL);
    return doc;
}
