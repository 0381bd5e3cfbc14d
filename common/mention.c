#include "common/mention.h"

#include <string.h>

#include "common/phone.h"

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

/* As the robots write it, or "" when it is none. */
static const char *mobile_of(struct arena *arena, const char *name)
{
    const char *e164;
    struct fault fault;

    if (!phone_read(arena, name, &e164, &fault))
        return "";
    return phone_is_mainland(e164) ? phone_domestic(e164) : e164;
}

void mentions_add(struct arena *arena, struct mentions *mentions, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *mobile = mobile_of(arena, items[i]);

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
