/* data_support - the JSON documents of tests/data. */
#ifndef TESTS_UNIT_DATA_SUPPORT_H
#define TESTS_UNIT_DATA_SUPPORT_H

#include <stdio.h>

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>

#include "tests/unit/support.h"

#include "common/json.h"
#include "common/str.h"

static inline struct json_object *test_data(struct arena *arena, const char *name)
{
    const char *path = arena_print(arena, "%s/%s", TEST_DATA, name);
    struct str text = str_in(arena, 4 * 1024 * 1024);
    FILE *file = fopen(path, "rb");
    char bytes[8192];
    size_t got;
    struct json_object *doc;

    if (!file)
        fail_msg("cannot open %s", path);
    while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
        str_addn(&text, bytes, got);
    fclose(file);
    doc = json_read(arena, text.text, text.len);
    if (!doc)
        fail_msg("%s is not JSON", path);
    return doc;
}

/* Calls `each` for every member of an object; fails the test when there is none. */
static inline void test_members(struct json_object *object,
                                void (*each)(void *self, const char *key, const char *value), void *self)
{
    struct json_object_iterator at = json_object_iter_begin(object);
    struct json_object_iterator end = json_object_iter_end(object);

    assert_true(json_object_object_length(object) > 0);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        each(self, json_object_iter_peek_name(&at), json_object_get_string(json_object_iter_peek_value(&at)));
}

#endif
