#include "common/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *older;
    struct block *newer;
    void (*action)(void *);
    void *object;
    _Alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *newest;
};

static void *or_die(void *memory)
{
    if (!memory) {
        fputs("notify: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

static struct block *block_of(void *data)
{
    return (struct block *)(void *)((unsigned char *)data - offsetof(struct block, data));
}

struct arena *arena_new(void)
{
    return or_die(calloc(1, sizeof(struct arena)));
}

void arena_release(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->newest; block; block = block->older)
        if (block->action)
            block->action(block->object);
    for (struct block *block = arena->newest, *older; block; block = older) {
        older = block->older;
        free(block);
    }
    free(arena);
}

static struct block *block_new(struct arena *arena, size_t size)
{
    struct block *block = or_die(calloc(1, sizeof(*block) + size));

    block->older = arena->newest;
    if (arena->newest)
        arena->newest->newer = block;
    arena->newest = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return block_new(arena, size)->data;
}

void *arena_grow(struct arena *arena, void *block, size_t size)
{
    struct block *moved;

    if (!block)
        return arena_alloc(arena, size);
    moved = or_die(realloc(block_of(block), sizeof(*moved) + size));
    if (moved->older)
        moved->older->newer = moved;
    if (moved->newer)
        moved->newer->older = moved;
    else
        arena->newest = moved;
    return moved->data;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
    char *copy = arena_alloc(arena, len + 1);

    memcpy(copy, text, len);
    return copy;
}

char *arena_vprint(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    char *text;
    int len;

    va_copy(again, args);
    len = vsnprintf(NULL, 0, format, args);
    text = arena_alloc(arena, len < 0 ? 1 : (size_t)len + 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vprint(arena, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *arena, void (*action)(void *), void *object)
{
    /* Not by arena_alloc(): its attribute `malloc` lets the compiler drop these stores, as nobody seems to read them. */
    struct block *block = block_new(arena, 0);

    block->action = action;
    block->object = object;
}
