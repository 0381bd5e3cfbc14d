#include "common/card_notice.h"

/* Characters that a phone shows of each part, as the manual advises, and the facts that are allowed. */
enum { TITLE = 26, NOTE = 30, LEVEL = 10, HOST = 15, SUBTITLE = 112, NAME = 5, VALUE = 26, FACTS = 6 };

static const char *cut(const struct card *card, const char *text, size_t most)
{
    return utf8_shorten(card->arena, text, most, UNIT_CHARACTERS);
}

static void write_facts(struct json_object *list, const struct card *card)
{
    struct pairs facts = passage_facts(card->arena, card->message->text);

    for (size_t i = 0; i < facts.count && i < FACTS; i++)
        jadd_texts(list, "keyname", cut(card, facts.items[i].name, NAME), "value",
                   cut(card, facts.items[i].value, VALUE), NULL);
}

/* Type 1 opens an address. */
static void write_jump(struct json_object *jump, const struct button *button)
{
    jset_number(jump, "type", 1);
    jset_text(jump, "url", button->url);
}

void write_notice(struct json_object *notice, const struct card *card, const char *rest)
{
    struct json_object *jumps = jset_array(notice, "jump_list");

    jset_texts(notice, "card_type", "text_notice", "sub_title_text", cut(card, rest, SUBTITLE), NULL);
    jset_texts(jset_object(notice, "main_title"), "title", cut(card, card->title, TITLE), "desc",
               cut(card, card->context, NOTE), NULL);
    jset_texts(jset_object(notice, "emphasis_content"), "title", cut(card, card->message->level, LEVEL), "desc",
               cut(card, card->message->event->host, HOST), NULL);
    write_facts(jset_array(notice, "horizontal_content_list"), card);
    for (size_t i = 0; i < card->buttons.count; i++)
        write_jump(jadd_texts(jumps, "title", card->buttons.items[i].label, NULL), &card->buttons.items[i]);
    write_jump(jset_object(notice, "card_action"), &card->buttons.items[0]);
}
