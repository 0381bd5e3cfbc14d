#include "common/json.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/compat.h"

enum { MAX_DEPTH = 32 };

static void put(void *object)
{
    json_object_put(object);
}

static void must_work(bool works)
{
    if (!works) {
        fputs("notify: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
}

/* A value that json-c was asked for; adding to none would be an assertion of json-c's. */
static struct json_object *made(struct json_object *value)
{
    must_work(value != NULL);
    return value;
}

static struct json_object *owned(struct arena *arena, struct json_object *object)
{
    arena_defer(arena, put, object);
    return object;
}

static void set(struct json_object *object, const char *key, struct json_object *value)
{
    must_work(json_object_object_add(object, key, value) == 0);
}

static void add(struct json_object *array, struct json_object *value)
{
    must_work(json_object_array_add(array, value) == 0);
}

struct json_object *json_doc(struct arena *arena)
{
    return owned(arena, made(json_object_new_object()));
}

void jset_text(struct json_object *object, const char *key, const char *text)
{
    set(object, key, made(json_object_new_string(text)));
}

void jset_number(struct json_object *object, const char *key, int64_t number)
{
    set(object, key, made(json_object_new_int64(number)));
}

void jset_flag(struct json_object *object, const char *key, int flag)
{
    set(object, key, made(json_object_new_boolean(flag)));
}

struct json_object *jset_object(struct json_object *object, const char *key)
{
    struct json_object *child = made(json_object_new_object());

    set(object, key, child);
    return child;
}

struct json_object *jset_array(struct json_object *object, const char *key)
{
    struct json_object *child = made(json_object_new_array());

    set(object, key, child);
    return child;
}

void jadd_text(struct json_object *array, const char *text)
{
    add(array, made(json_object_new_string(text)));
}

struct json_object *jadd_object(struct json_object *array)
{
    struct json_object *child = made(json_object_new_object());

    add(array, child);
    return child;
}

static void set_texts(struct json_object *object, va_list args)
{
    for (const char *key = va_arg(args, const char *); key; key = va_arg(args, const char *))
        jset_text(object, key, va_arg(args, const char *));
}

void jset_texts(struct json_object *object, ...)
{
    va_list args;

    va_start(args, object);
    set_texts(object, args);
    va_end(args);
}

struct json_object *jadd_texts(struct json_object *array, ...)
{
    struct json_object *child = jadd_object(array);
    va_list args;

    va_start(args, array);
    set_texts(child, args);
    va_end(args);
    return child;
}

void jset_value(struct json_object *object, const char *key, struct json_object *value)
{
    set(object, key, value);
}

struct json_object *json_copy(struct arena *arena, struct json_object *doc)
{
    struct json_object *copy = NULL;

    if (!doc)
        return json_doc(arena);
    must_work(json_object_deep_copy(doc, &copy, NULL) == 0);
    return owned(arena, copy);
}

const char *json_print(struct json_object *doc)
{
    return json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool only_space(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) && *text)
        text++;
    return text == end;
}

struct json_object *json_read(struct arena *arena, const char *text, size_t len)
{
    struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    struct json_object *doc = NULL;

    if (tokener && len <= INT_MAX)
        doc = json_tokener_parse_ex(tokener, text, (int)len);
    if (doc && !only_space(text + compat_parse_end(tokener), text + len)) {
        json_object_put(doc);
        doc = NULL;
    }
    if (tokener)
        json_tokener_free(tokener);
    return doc ? owned(arena, doc) : NULL;
}

struct json_object *json_at(struct json_object *doc, const char *path)
{
    struct json_object *value = NULL;

    return doc && json_pointer_get(doc, path, &value) == 0 ? value : NULL;
}

struct json_object *json_item(struct json_object *array, size_t index)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_get_idx(array, index) : NULL;
}

bool json_is_object(struct json_object *value)
{
    return json_object_is_type(value, json_type_object);
}

size_t json_length(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

bool json_has(struct json_object *doc, const char *path)
{
    return json_at(doc, path) != NULL;
}

/* Icinga 2 writes 200 as 200.0. */
static bool is_whole(struct json_object *value)
{
    double number = json_object_is_type(value, json_type_double) ? json_object_get_double(value) : 0.5;

    return number > -1e15 && number < 1e15 && !(number > (double)(int64_t)number) &&
           !(number < (double)(int64_t)number);
}

const char *json_word_at(struct arena *arena, struct json_object *doc, const char *path)
{
    struct json_object *value = json_at(doc, path);

    if (json_object_is_type(value, json_type_int) || is_whole(value))
        return arena_print(arena, "%lld", (long long)json_object_get_int64(value));
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

const char *json_text_at(struct json_object *doc, const char *path)
{
    struct json_object *value = json_at(doc, path);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

int64_t json_number_at(struct json_object *doc, const char *path, int64_t otherwise)
{
    struct json_object *value = json_at(doc, path);

    return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : otherwise;
}

int64_t json_whole_at(struct json_object *doc, const char *path)
{
    struct json_object *value = json_at(doc, path);

    return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)
               ? json_object_get_int64(value)
               : 0;
}

bool json_flag_at(struct json_object *doc, const char *path)
{
    struct json_object *value = json_at(doc, path);

    return json_object_is_type(value, json_type_boolean) && json_object_get_boolean(value);
}
