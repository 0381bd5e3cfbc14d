#include "common/card_dingtalk.h"

#include <string.h>

/* The first is what the others fall back to. */
static const struct dingtalk_format FORMATS[] = {
    {"markdown",   "markdown",   "text",    MARKUP_DINGTALK, true },
    {"text",       "text",       "content", MARKUP_PLAIN,    true },
    {"actioncard", "actionCard", "text",    MARKUP_DINGTALK, false},
    {"link",       "link",       "text",    MARKUP_PLAIN,    false},
};

const struct dingtalk_format *dingtalk_format_for(const char *word, const struct card *card,
                                                  const struct mentions *mentions)
{
    const char *automatic = card->message->confirm_url[0] ? "actioncard" : "markdown";
    const char *wanted = strcmp(word, "auto") == 0 ? automatic : word;
    const struct dingtalk_format *format = FORMATS;

    while (strcmp(format->word, wanted) != 0)
        format++;
    return format->pings || (!mentions_any(mentions) && card->buttons.count > 0) ? format : FORMATS;
}

static void write_buttons(struct json_object *action_card, const struct buttons *buttons)
{
    struct json_object *list = jset_array(action_card, "btns");

    jset_text(action_card, "btnOrientation", "1"); /* side by side */
    for (size_t i = 0; i < buttons->count; i++)
        jadd_texts(list, "title", buttons->items[i].label, "actionURL", buttons->items[i].url, NULL);
}

struct json_object *dingtalk_document(const struct card *card, const struct dingtalk_format *format,
                                      const struct mentions *mentions, const char *text)
{
    struct json_object *doc = json_doc(card->arena);
    struct json_object *part = jset_object(doc, format->msgtype);
    struct json_object *at = jset_object(doc, "at");

    jset_text(doc, "msgtype", format->msgtype);
    jset_text(part, format->text_key, text);
    if (strcmp(format->word, "text") != 0)
        jset_text(part, "title", card->title);
    if (strcmp(format->word, "actioncard") == 0)
        write_buttons(part, &card->buttons);
    if (strcmp(format->word, "link") == 0)
        jset_text(part, "messageUrl", card->buttons.items[0].url);
    jset_mentions(at, "atMobiles", &mentions->mobiles);
    jset_mentions(at, "atUserIds", &mentions->users);
    jset_flag(at, "isAtAll", mentions->all);
    return doc;
}
