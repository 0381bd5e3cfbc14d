/* store_support - a state directory of its own for each test, and a second pair of eyes on the file. */
#ifndef TESTS_UNIT_STORE_SUPPORT_H
#define TESTS_UNIT_STORE_SUPPORT_H

#include "tests/unit/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/store.h"

struct place {
    struct arena *arena;
    char *directory;
};

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

static inline int make_place(void **state)
{
    struct arena *arena = arena_new();
    struct place *place = arena_alloc(arena, sizeof(*place));

    place->arena = arena;
    place->directory = arena_print(arena, "%s/store-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    *state = place;
    return mkdtemp(place->directory) ? 0 : -1;
}

static inline const char *file_in(const struct place *place, const char *name)
{
    return arena_print(place->arena, "%s/%s", place->directory, name);
}

static inline int drop_place(void **state)
{
    struct place *place = *state;
    struct arena *arena = place->arena;
    char *directory = strdup(place->directory);
    struct dirent *entry;
    DIR *listing;

    arena_release(arena);
    listing = opendir(directory);
    while (listing && (entry = readdir(listing)))
        unlinkat(dirfd(listing), entry->d_name, 0);
    if (listing)
        closedir(listing);
    rmdir(directory);
    free(directory);
    return 0;
}

static inline struct store *open_store(const struct place *place)
{
    struct fault fault = {0};
    bool renewed;
    struct store *store = store_open(place->arena, place->directory, STORE_PATIENCE_MS, &renewed, &fault);

    if (!store)
        fail_msg("%s", fault.text);
    return store;
}

static inline void write_file(const struct place *place, const char *name, const char *text)
{
    FILE *file = fopen(file_in(place, name), "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline sqlite3 *look_inside(const struct place *place)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(file_in(place, "state.db"), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

static inline void run_sql(const struct place *place, const char *sql)
{
    sqlite3 *db = look_inside(place);

    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* The first column of the first row, read by SQLite itself. */
static inline int64_t number_in(const struct place *place, const char *sql)
{
    sqlite3 *db = look_inside(place);
    sqlite3_stmt *statement = NULL;
    int64_t number;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

#endif
