/*
 * arena - everything one notification allocates, released in one place.
 *
 * Strings and structs handed out here live until arena_release(); nobody frees
 * them one by one. Allocation never fails from the caller's point of view: when
 * memory is exhausted the process prints one line and exits with status 1.
 * Every block is a malloc of its own, so AddressSanitizer and valgrind see each.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* Runs the deferred actions newest first (they may still allocate), then frees every block. NULL is allowed. */
void arena_release(struct arena *arena);

/* Zeroed storage of `size` bytes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* Moves a block from arena_alloc() to `size` bytes; the added bytes are not zeroed. NULL acts like arena_alloc(). */
void *arena_grow(struct arena *arena, void *block, size_t size) __attribute__((returns_nonnull));

/* A NUL-terminated copy of the first `len` bytes of `text`. */
char *arena_copy(struct arena *arena, const char *text, size_t len) __attribute__((returns_nonnull));

/* printf into fresh storage. */
char *arena_print(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3), returns_nonnull));

char *arena_vprint(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), returns_nonnull));

/* Calls `action(object)` at arena_release(): how handles of other libraries join the arena. */
void arena_defer(struct arena *arena, void (*action)(void *), void *object);

#endif
