#include "common/mention.h"

#include <string.h>

static bool contains(const struct mention_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

static void add_name(struct mentions *mentions, struct mention_list *list, const char *name)
{
    size_t bytes = strlen(name) + 4; /* <@name> and a space */

    if (contains(list, name) || list->count == MENTIONS_MOST || mentions->bytes + bytes > MENTIONS_BYTES)
        return;
    list->items[list->count++] = name;
    mentions->bytes += bytes;
}

static bool is_clean(const char *name)
{
    static const char TAKEN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@";

    return name[0] != '\0' && name[strspn(name, TAKEN)] == '\0';
}

static void add_user(struct mentions *mentions, const char *name)
{
    if (strcmp(name, "all") == 0 || strcmp(name, "@all") == 0)
        mentions->all = true;
    else if (is_clean(name))
        add_name(mentions, &mentions->users, name);
}

static bool all_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* As the providers write it, or "" when it is none. */
static const char *mobile_of(const char *name)
{
    const char *mainland = strncmp(name, "+86", 3) == 0 ? name + 3 : name;

    if (strlen(mainland) == 11 && mainland[0] == '1' && all_digits(mainland))
        return mainland;
    return name[0] == '+' && strlen(name) <= 16 && all_digits(name + 1) ? name : "";
}

void mentions_add(struct mentions *mentions, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *mobile = mobile_of(items[i]);

        if (mobile[0])
            add_name(mentions, &mentions->mobiles, mobile);
        else
            add_user(mentions, items[i]);
    }
}

void mentions_add_users(struct mentions *mentions, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_user(mentions, items[i]);
}

bool mentions_any(const struct mentions *mentions)
{
    return mentions->all || mentions->mobiles.count + mentions->users.count > 0;
}

const char *mentions_text(struct arena *arena, const struct mention_list *list, const char *before, const char *after)
{
    const char *text = "";

    for (size_t i = 0; i < list->count; i++)
        text = arena_print(arena, "%s%s%s%s%s", text, text[0] ? " " : "", before, list->items[i], after);
    return text;
}

struct json_object *jset_mentions(struct json_object *object, const char *key, const struct mention_list *list)
{
    struct json_object *array = jset_array(object, key);

    for (size_t i = 0; i < list->count; i++)
        jadd_text(array, list->items[i]);
    return array;
}
