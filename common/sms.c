#include "common/sms.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/civil.h"
#include "common/phone.h"
#include "common/str.h"
#include "common/template.h"
#include "common/utf8.h"

static bool has_item(const struct text_list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], item) == 0)
            return true;
    return false;
}

bool sms_numbers(struct arena *arena, const struct intent *intent, struct text_list *numbers, struct fault *fault)
{
    const char **items = arena_alloc(arena, (intent->recipient_count + 1) * sizeof(*items));
    struct text_list found = {.items = items};
    struct fault first = {.kind = FAULT_INPUT, .text = "an SMS needs a mobile number as its recipient"};

    for (size_t i = intent->recipient_count; i-- > 0;) /* backwards: the first fault is the one that stays */
        if (phone_read(arena, intent->recipients[i], &items[0], &first))
            found.count++;
    if (found.count == 0) {
        *fault = first;
        return false;
    }
    found.count = 0;
    for (size_t i = 0; i < intent->recipient_count; i++)
        if (phone_read(arena, intent->recipients[i], &items[found.count], &first) &&
            !has_item(&found, items[found.count]))
            found.count++;
    *numbers = found;
    return true;
}

void sms_refuse_others(const struct intent *intent, struct verdicts *verdicts)
{
    for (size_t i = 0; i < intent->recipient_count; i++) {
        const char *e164;
        struct fault fault = {0};

        if (!phone_read(verdicts->arena, intent->recipients[i], &e164, &fault))
            verdict_add(verdicts, (struct verdict){
                                      .recipient = intent->recipients[i],
                                      .outcome = OUTCOME_REFUSED,
                                      .code = "NOT-A-NUMBER",
                                      .reason = fault.text,
                                      .remedy = WORD_FIX_RECIPIENT,
                                  });
    }
}

/* Bytes of the address of the web that begins at `at`; 0 when none does. It ends before a blank or a sign of no address. */
static size_t address_length(const char *text, const char *at)
{
    static const char *const STARTS[] = {"http://", "https://", "ftp://", "www."};
    bool inside_word = at > text && isalnum((unsigned char)at[-1]);
    size_t len = 0;

    for (size_t i = 0; !inside_word && i < sizeof(STARTS) / sizeof(*STARTS); i++)
        if (strncasecmp(at, STARTS[i], strlen(STARTS[i])) == 0)
            len = strlen(STARTS[i]);
    while (len > 0 && at[len] > ' ' && at[len] < 0x7F && !strchr("\"<>\\^`{|}", at[len]))
        len++;
    return len;
}

/* The code point at `at`, a character of `len` bytes of clean UTF-8. */
static unsigned long code_point(const char *at, size_t len)
{
    static const unsigned char LEAD[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned long point = (unsigned char)at[0] & LEAD[len <= 4 ? len : 4];

    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)at[i] & 0x3F);
    return point;
}

/* SMS carry UCS-2: nothing beyond U+FFFF. The ranges are the pictures, joiners and private signs below that. */
static bool carried(unsigned long point)
{
    static const struct {
        unsigned long first, last;
    } LEFT_OUT[] = {
        {0x00,   0x1F  }, /* controls */
        {0x7F,   0x9F  },
        {0x200B, 0x200F}, /* zero-width and direction */
        {0x2028, 0x202E},
        {0x2060, 0x206F},
        {0x20E3, 0x20E3}, /* keycap */
        {0x231A, 0x23FF}, /* watch, hourglass, media keys */
        {0x25FB, 0x25FE},
        {0x2600, 0x27BF}, /* symbols and dingbats */
        {0x2B00, 0x2BFF},
        {0x3010, 0x3011}, /* 【】 */
        {0xE000, 0xF8FF}, /* private use */
        {0xFE00, 0xFE0F}, /* variation selectors */
        {0xFEFF, 0xFEFF},
        {0xFFF0, 0xFFFF},
    };

    for (size_t i = 0; i < sizeof(LEFT_OUT) / sizeof(*LEFT_OUT); i++)
        if (point >= LEFT_OUT[i].first && point <= LEFT_OUT[i].last)
            return false;
    return point <= 0xFFFF;
}

static void add_blank(struct str *out)
{
    if (out->len > 0 && out->text[out->len - 1] != ' ')
        str_addc(out, ' ');
}

const char *sms_slot(struct arena *arena, const char *text, size_t most)
{
    struct str out = str_in(arena, strlen(text));
    size_t len;

    for (const char *at = text; *at; at += len) {
        len = address_length(text, at);
        if (len > 0)
            continue;
        len = utf8_next(at);
        if (isspace((unsigned char)*at))
            add_blank(&out);
        else if (carried(code_point(at, len)))
            str_addn(&out, at, len);
    }
    len = utf8_fit(out.text, most, UNIT_CHARACTERS);
    while (len > 0 && out.text[len - 1] == ' ')
        len--;
    return len ? arena_copy(arena, out.text, len) : "-";
}

bool sms_fill(struct arena *arena, const char *template_text, const struct message *message, size_t most,
              const char **value, struct fault *fault)
{
    const struct template *template = template_parse(arena, "template parameter", template_text, NULL, fault);

    if (!template)
        return false;
    *value = sms_slot(arena, template_render(arena, template, message->values, ESCAPE_NONE), most);
    return true;
}

void sms_judge(struct verdicts *verdicts, const struct verdict_rule *rules, const char *recipient, const char *code,
               const char *reason, const struct response *response, const char *reference)
{
    struct verdict *verdict;

    verdict_by_rules(verdicts, rules, recipient, code[0] ? code : "NO-CODE", reason, response, reference);
    verdict = &verdicts->items[verdicts->count - 1];
    if (verdict->remedy == WORD_FIX_CLOCK && response->date_s > 0)
        verdict->reason = arena_print(verdicts->arena, "%s (the provider's clock says %s)", verdict->reason,
                                      civil_utc(verdicts->arena, response->date_s));
}

void sms_check_named(const char *option, const struct text_list *items, const struct findings *findings)
{
    for (size_t i = 0; i < items->count; i++)
        if (strcspn(items->items[i], "=") == 0 || !strchr(items->items[i], '='))
            findings->mistake(findings->self,
                              arena_print(findings->arena, "%s '%s' is not NAME=VALUE", option, items->items[i]));
}

bool sms_fill_named(const char *option, const struct text_list *items, size_t most, const struct message *message,
                    struct request *request, const char **json, struct fault *fault)
{
    struct arena *arena = request->arena;
    struct json_object *object = json_doc(arena);

    for (size_t i = 0; i < items->count; i++) {
        const char *item = items->items[i];
        const char *name = arena_copy(arena, item, strcspn(item, "="));
        const char *value = item + strlen(name);

        if (!sms_fill(arena, value + (*value == '='), message, most, &value, fault))
            return fault_in(fault, "%s '%s'", option, name);
        request_measure(request, arena_print(arena, "%s %s", option, name), value, most, UNIT_CHARACTERS);
        jset_text(object, name, value);
    }
    *json = json_print(object);
    return true;
}

const char *sms_joined(struct arena *arena, const struct text_list *numbers)
{
    struct str joined = str_in(arena, 20 * numbers->count);

    for (size_t i = 0; i < numbers->count; i++)
        str_addf(&joined, "%s%s", i ? "," : "", phone_domestic(numbers->items[i]));
    return joined.text;
}
