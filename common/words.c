#include "common/words.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

/* One column a language, both from the same rows. */
#define WORD(id, en, zh_cn) en,
static const char *const ENGLISH[WORD_COUNT] = {
    "",
#include "common/words.def"
};
#undef WORD

#define WORD(id, en, zh_cn) zh_cn,
static const char *const CHINESE[WORD_COUNT] = {
    "",
#include "common/words.def"
};
#undef WORD

static const char *const NAMES[LANGUAGE_COUNT] = {[LANGUAGE_EN] = "en", [LANGUAGE_ZH_CN] = "zh_CN"};

const char *word_in(enum language language, enum word word)
{
    return language == LANGUAGE_ZH_CN ? CHINESE[word] : ENGLISH[word];
}

const char *word_print(struct arena *arena, enum language language, enum word word, const char *const *values,
                       size_t count)
{
    struct str text = str_in(arena, (size_t)1 << 20);
    const char *from = word_in(language, word);
    size_t used = 0;

    for (const char *at; (at = strstr(from, "%s")); from = at + 2) {
        str_addn(&text, from, (size_t)(at - from));
        if (used < count)
            str_add(&text, values[used++]);
    }
    str_add(&text, from);
    return text.text;
}

enum language language_from(const char *name)
{
    if (strncasecmp(name, "zh", 2) == 0 && (name[2] == '\0' || strchr("_-.", name[2])))
        return LANGUAGE_ZH_CN;
    if (strncasecmp(name, "en", 2) == 0 && (name[2] == '\0' || strchr("_-.", name[2])))
        return LANGUAGE_EN;
    return LANGUAGE_COUNT;
}

const char *language_name(enum language language)
{
    return language < LANGUAGE_COUNT ? NAMES[language] : "";
}

static const char *counted(struct arena *arena, enum language language, enum word word, int64_t count)
{
    const char *number = arena_print(arena, "%lld", (long long)count);

    return word_print(arena, language, word, &number, 1);
}

const char *words_duration(struct arena *arena, enum language language, int64_t ms)
{
    int64_t minutes = ms / 60000;
    const char *days = counted(arena, language, WORD_DAYS, minutes / 1440);
    const char *hours = counted(arena, language, WORD_HOURS, minutes / 60 % 24);
    const char *rest = counted(arena, language, WORD_MINUTES, minutes % 60);

    if (minutes < 1)
        return word_in(language, WORD_JUST_NOW);
    if (minutes < 60)
        return rest;
    if (minutes < 1440)
        return minutes % 60 ? arena_print(arena, "%s %s", hours, rest) : hours;
    return minutes / 60 % 24 ? arena_print(arena, "%s %s", days, hours) : days;
}
