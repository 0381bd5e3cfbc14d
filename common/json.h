/*
 * json - json-c documents that belong to an arena.
 *
 * Building: json_doc() then jset_*() by key and jadd_*() into arrays; a child
 * returned by jset_object()/jset_array() belongs to its parent. Reading: paths
 * are JSON pointers ("/Response/Error/Code"); an absent or mistyped value reads
 * as "" or as the given default, never as NULL.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"

struct json_object;

struct json_object *json_doc(struct arena *arena);

void jset_text(struct json_object *object, const char *key, const char *text);
void jset_number(struct json_object *object, const char *key, int64_t number);
void jset_flag(struct json_object *object, const char *key, int flag);
struct json_object *jset_object(struct json_object *object, const char *key);
struct json_object *jset_array(struct json_object *object, const char *key);
void jadd_text(struct json_object *array, const char *text);
struct json_object *jadd_object(struct json_object *array);
/* Pairs of key and text, up to NULL. */
void jset_texts(struct json_object *object, ...) __attribute__((sentinel));
/* The same for a new object at the end of `array`, which is returned. */
struct json_object *jadd_texts(struct json_object *array, ...) __attribute__((sentinel));
/* Takes over `value`, which belongs to no other parent. */
void jset_value(struct json_object *object, const char *key, struct json_object *value);

/* A document of its own with the same content; an empty object when `doc` is NULL. */
struct json_object *json_copy(struct arena *arena, struct json_object *doc);

/* Compact UTF-8; valid as long as the document's arena. */
const char *json_print(struct json_object *doc);

/* NULL when `text` is not one JSON value, nested at most 32 deep, with nothing but space after it. */
struct json_object *json_read(struct arena *arena, const char *text, size_t len);
const char *json_text_at(struct json_object *doc, const char *path);
int64_t json_number_at(struct json_object *doc, const char *path, int64_t otherwise);
/* The whole part of a number; 0 when it is none. */
int64_t json_whole_at(struct json_object *doc, const char *path);
bool json_flag_at(struct json_object *doc, const char *path);
/* The number or text at `path` as text: providers write codes as either. "" when it is neither. */
const char *json_word_at(struct arena *arena, struct json_object *doc, const char *path);
/* NULL when there is nothing at `path`. */
struct json_object *json_at(struct json_object *doc, const char *path);
/* An array's item; NULL when there is none, also when it is no array. */
struct json_object *json_item(struct json_object *array, size_t index);
bool json_is_object(struct json_object *value);
/* Items of an array; 0 when it is none. */
size_t json_length(struct json_object *array);
bool json_has(struct json_object *doc, const char *path);

#endif
