#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

#include "common/str.h"

enum { REPLACEMENT = 0xFFFD, ESCAPE = 0x1B, BELL = 0x07, DELETE = 0x7F };

static const char ELLIPSIS[] = "\xE2\x80\xA6";

/* One step through foreign bytes: how many make up the next character, and which it is. */
struct step {
    size_t len;
    uint32_t character;
};

static struct step step_ill_formed(size_t len)
{
    return (struct step){.len = len, .character = REPLACEMENT};
}

/*
 * Table 3-7 of the Unicode standard, "Well-Formed UTF-8 Byte Sequences": the range of the second byte depends on the
 * first, which keeps out overlong forms, surrogates and what lies beyond U+10FFFF. An ill-formed sequence is as long as
 * the longest beginning of a well-formed one, at least one byte.
 */
static struct step step_from(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    uint32_t character = lead & (0x7FU >> len);

    if (lead < 0x80)
        return (struct step){.len = 1, .character = lead};
    if (lead < 0xC2 || lead > 0xF4)
        return step_ill_formed(1);
    if (lead == 0xE0)
        low = 0xA0;
    if (lead == 0xED)
        high = 0x9F;
    if (lead == 0xF0)
        low = 0x90;
    if (lead == 0xF4)
        high = 0x8F;
    for (size_t i = 1; i < len; i++) {
        if (i == left || at[i] < low || at[i] > high)
            return step_ill_formed(i);
        character = character << 6 | (at[i] & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return (struct step){.len = len, .character = character};
}

static bool is_noncharacter(uint32_t character)
{
    return (character & 0xFFFE) == 0xFFFE || (character >= 0xFDD0 && character <= 0xFDEF);
}

static bool is_bidirectional_control(uint32_t character)
{
    return (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= DELETE && character <= 0x9F);
}

static bool is_line_break(uint32_t character)
{
    return character == '\n' || character == '\r' || character == 0x2028 || character == 0x2029;
}

/* True for a character that utf8_clean() passes on as it is. */
static bool is_kept(uint32_t character)
{
    if (character == '\n' || character == '\t')
        return true;
    return !is_control(character) && !is_line_break(character) && !is_bidirectional_control(character) &&
           character != 0xFEFF && !is_noncharacter(character);
}

/* ESC [ parameters, intermediates, final: the length, or just the introducer's where the sequence is not complete. */
static size_t control_sequence(const unsigned char *at, size_t left)
{
    size_t len = 2;

    while (len < left && at[len] >= 0x30 && at[len] <= 0x3F)
        len++;
    while (len < left && at[len] >= 0x20 && at[len] <= 0x2F)
        len++;
    return len < left && at[len] >= 0x40 && at[len] <= 0x7E ? len + 1 : 2;
}

/*
 * ESC ] and its like, up to BEL or ESC \. Terminals swallow everything up to there; here a string that does not end on
 * its line loses its introducer only, or else two bytes could hide the rest of a message.
 */
static size_t control_string(const unsigned char *at, size_t left)
{
    for (size_t len = 2; len < left; len++) {
        if (at[len] == BELL)
            return len + 1;
        if (at[len] == ESCAPE)
            return len + 1 < left && at[len + 1] == '\\' ? len + 2 : 2;
        if (at[len] == '\n' || at[len] == '\r')
            return 2;
    }
    return 2;
}

/* Bytes of the terminal escape sequence that begins with the ESC at `at` (ECMA-48). */
static size_t escape_sequence(const unsigned char *at, size_t left)
{
    size_t len = 1;

    if (left < 2)
        return 1;
    if (at[1] == '[')
        return control_sequence(at, left);
    if (strchr("]PX^_", at[1]) && at[1] != '\0')
        return control_string(at, left);
    while (len < left && at[len] >= 0x20 && at[len] <= 0x2F)
        len++;
    return len < left && at[len] >= 0x30 && at[len] <= 0x7E ? len + 1 : 1;
}

static void add_character(struct str *out, const unsigned char *at, struct step step)
{
    if (step.character == '\r' || step.character == 0x2028 || step.character == 0x2029)
        str_addc(out, '\n');
    else if (step.character == REPLACEMENT)
        str_add(out, "\xEF\xBF\xBD");
    else if (is_kept(step.character))
        str_addn(out, (const char *)at, step.len);
}

/* Takes the end off so that the text with "…" is TEXT_MOST long at most. */
static void end_in_ellipsis(struct str *out)
{
    size_t len = out->len;

    if (len > TEXT_MOST - strlen(ELLIPSIS))
        len = TEXT_MOST - strlen(ELLIPSIS);
    while (len > 0 && ((unsigned char)out->text[len] & 0xC0) == 0x80)
        len--;
    out->text[len] = '\0';
    out->len = len;
    out->cut = false;
    str_add(out, ELLIPSIS);
}

const char *utf8_clean(struct arena *arena, const char *bytes, size_t len)
{
    struct str out = str_in(arena, TEXT_MOST);
    size_t i = 0;

    while (i < len && str_fits(&out)) {
        const unsigned char *at = (const unsigned char *)bytes + i;
        struct step step = step_from(at, len - i);

        if (step.character == ESCAPE)
            step.len = escape_sequence(at, len - i);
        else if (step.character == '\r' && len - i > 1 && at[1] == '\n')
            step.len = 1; /* the LF that follows is the line break */
        else
            add_character(&out, at, step);
        i += step.len;
    }
    if (!str_fits(&out))
        end_in_ellipsis(&out);
    return out.text;
}

const char *utf8_clean_line(struct arena *arena, const char *bytes, size_t len)
{
    const char *clean = utf8_clean(arena, bytes, len);
    char *line = arena_copy(arena, clean, strlen(clean));
    size_t used = 0;

    for (const char *at = clean; *at; at++) {
        if (*at != '\n' && *at != '\t')
            line[used++] = *at;
        else if (at[1] != '\n' && at[1] != '\t')
            line[used++] = ' ';
    }
    while (used > 0 && line[used - 1] == ' ')
        used--;
    line[used] = '\0';
    return line + strspn(line, " ");
}

bool utf8_is_clean(const char *text)
{
    size_t len = strlen(text);
    size_t i = 0;

    while (i < len) {
        const unsigned char *at = (const unsigned char *)text + i;
        struct step step = step_from(at, len - i);

        if (!is_kept(step.character) ||
            (step.character == REPLACEMENT && strncmp((const char *)at, "\xEF\xBF\xBD", 3) != 0))
            return false;
        i += step.len;
    }
    return len <= TEXT_MOST;
}

size_t utf8_next(const char *at)
{
    size_t len = *at != '\0';

    while (len > 0 && ((unsigned char)at[len] & 0xC0) == 0x80)
        len++;
    return len;
}

static size_t weight(size_t len, enum unit unit)
{
    switch (unit) {
    case UNIT_BYTES:
        return len;
    case UNIT_CHARACTERS:
        return 1;
    case UNIT_UTF16:
        return len > 3 ? 2 : 1;
    }
    return len;
}

size_t utf8_count(const char *text, enum unit unit)
{
    size_t count = 0;

    if (unit == UNIT_BYTES)
        return strlen(text);
    for (size_t len; (len = utf8_next(text)) > 0; text += len)
        count += weight(len, unit);
    return count;
}

size_t utf8_fit(const char *text, size_t most, enum unit unit)
{
    size_t fit = 0;
    size_t count = 0;

    for (size_t len; (len = utf8_next(text + fit)) > 0; fit += len) {
        count += weight(len, unit);
        if (count > most)
            break;
    }
    return fit;
}

const char *utf8_shorten(struct arena *arena, const char *text, size_t most, enum unit unit)
{
    size_t fit = utf8_fit(text, most, unit);
    size_t mark = utf8_count(ELLIPSIS, unit);

    if (text[fit] == '\0')
        return text;
    if (most < mark)
        return arena_copy(arena, text, fit);
    return arena_print(arena, "%.*s%s", (int)utf8_fit(text, most - mark, unit), text, ELLIPSIS);
}
