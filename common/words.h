/*
 * words - every word a user sees, in each language.
 *
 * A row of words.def is WORD(id, English, Chinese); a row without both does not compile. Some rows are printf formats;
 * word_print() keeps the arguments the same in every language by taking text only (%s), in the same order.
 */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include <stdint.h>

#include "common/arena.h"

enum language { LANGUAGE_EN, LANGUAGE_ZH_CN, LANGUAGE_COUNT };

enum word {
    WORD_NONE,
#define WORD(id, en, zh_cn) WORD_##id,
#include "common/words.def"
#undef WORD
    WORD_COUNT
};

const char *word_in(enum language language, enum word word);

/* Fills the %s of a row in their order; at most four. Missing ones are "". */
const char *word_print(struct arena *arena, enum language language, enum word word, const char *const *values,
                       size_t count);

/* "4 min", "1 h 5 min", "3 d 2 h": the two greatest units; "less than a minute". */
const char *words_duration(struct arena *arena, enum language language, int64_t ms);

/* "en" or "zh_CN"; also "zh", "zh-CN", "en_US" and so on. LANGUAGE_COUNT when it is neither. */
enum language language_from(const char *name);
const char *language_name(enum language language);

#endif
