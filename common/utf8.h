/*
 * utf8 - bytes made text once at the door, and text measured and cut.
 *
 * Pure. Everything but utf8_clean() expects clean text.
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"

/* How a provider counts: bytes of UTF-8, characters (code points), or UTF-16 code units. */
enum unit { UNIT_BYTES, UNIT_CHARACTERS, UNIT_UTF16 };

/* Longest text taken in from outside, bytes; what is over it is cut, and the text ends in "…". */
enum { TEXT_MOST = 1024 * 1024 };

/*
 * A copy that is safe to show everywhere. Each maximal ill-formed sequence becomes one U+FFFD (Unicode 15, 3.9, "U+FFFD
 * substitution of maximal subparts"). CR LF and lone CR become LF. Removed: terminal escape sequences (ESC [ ... , ESC ]
 * ... BEL), every other C0 control but LF and TAB, DEL, C1 controls, U+2028 and U+2029 (LF instead), the bidirectional
 * controls U+202A..U+202E and U+2066..U+2069, U+FEFF, and noncharacters. Cut to TEXT_MOST.
 */
const char *utf8_clean(struct arena *arena, const char *bytes, size_t len);

/* The same for a value of one line: every run of LF and TAB becomes one space, spaces at both ends go. */
const char *utf8_clean_line(struct arena *arena, const char *bytes, size_t len);

/* True when `text` is already what utf8_clean() would return. */
bool utf8_is_clean(const char *text);

/* Bytes of the character that begins at `at`; 0 at the end of the text. */
size_t utf8_next(const char *at);

size_t utf8_count(const char *text, enum unit unit);

/* Greatest length in bytes of a prefix of `text` that measures at most `most` and does not end inside a character. */
size_t utf8_fit(const char *text, size_t most, enum unit unit);

/* `text`, or a prefix that ends in "…", at most `most` in all. */
const char *utf8_shorten(struct arena *arena, const char *text, size_t most, enum unit unit);

#endif
