/*
 * Commits run with synchronous=NORMAL: consistent after a power cut, but the last ones may be gone. store_promise() syncs the
 * write-ahead log itself, which is what FULL would have done at each commit.
 */
#include "common/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "common/store_private.h"

/* --- transactions --- */

/* The name may lead to a new file by now. */
static bool same_file(struct store *store, struct fault *fault)
{
    struct stat about;

    if (store_file_exists(store, &about) && about.st_dev == store->device && about.st_ino == store->inode)
        return true;
    store_file_close(store);
    return store_file_open(store, fault);
}

bool store_begin(struct store *store, struct fault *fault)
{
    if (!store_queue_enter(store, fault))
        return false;
    if (same_file(store, fault)) {
        if (store_sql(store->db, "BEGIN IMMEDIATE"))
            return true;
        store_fault(store, "write to it", fault);
    }
    store_queue_leave(store);
    return false;
}

bool store_commit(struct store *store, struct fault *fault)
{
    bool committed = store_sql(store->db, "COMMIT");

    if (!committed) {
        store_fault(store, "write to it", fault);
        store_sql(store->db, "ROLLBACK");
    }
    store_queue_leave(store);
    return committed;
}

void store_rollback(struct store *store)
{
    store_sql(store->db, "ROLLBACK");
    store_queue_leave(store);
}

/* In TRUNCATE mode there is no log: the commit itself has synced file and journal. */
bool store_promise(struct store *store, struct fault *fault)
{
    const char *name = arena_print(store->arena, "%s-wal", STORE_FILE_NAME);
    int descriptor = openat(store->descriptor, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool synced = descriptor < 0 ? errno == ENOENT : fdatasync(descriptor) == 0;

    if (!synced)
        fault_set(fault, FAULT_SYSTEM, "state '%s': cannot sync its log: %s", store->path, strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return synced;
}

/* --- statements --- */

struct row {
    struct arena *arena;
    sqlite3_stmt *statement;
};

const char *row_text(struct row *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row->statement, column);

    if (!text)
        return "";
    return row->arena ? arena_copy(row->arena, text, (size_t)sqlite3_column_bytes(row->statement, column)) : text;
}

int64_t row_number(struct row *row, int column)
{
    return sqlite3_column_int64(row->statement, column);
}

bool row_is_null(struct row *row, int column)
{
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

/* The kept one of the same text, unless it is being read right now. */
static sqlite3_stmt *kept_statement(const struct store *store, const char *sql)
{
    for (size_t i = 0; i < store->kept_count; i++)
        if (!sqlite3_stmt_busy(store->kept[i]) && strcmp(sqlite3_sql(store->kept[i]), sql) == 0)
            return store->kept[i];
    return NULL;
}

static bool is_kept(const struct store *store, const sqlite3_stmt *statement)
{
    for (size_t i = 0; i < store->kept_count; i++)
        if (store->kept[i] == statement)
            return true;
    return false;
}

static sqlite3_stmt *compile(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    if (store->kept_count < STORE_STATEMENTS_MOST)
        store->kept[store->kept_count++] = statement;
    return statement;
}

/* Texts are not copied: they outlive the statement's use, which ends with let_go(). */
static sqlite3_stmt *prepare(struct store *store, const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *statement = kept_statement(store, sql);

    if (!statement)
        statement = compile(store, sql);
    for (int i = 1; statement && *types; i++, types++) {
        if (*types == 't')
            sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
    }
    return statement;
}

static void let_go(const struct store *store, sqlite3_stmt *statement)
{
    if (!is_kept(store, statement)) {
        sqlite3_finalize(statement);
        return;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static bool run_statement(struct store *store, struct fault *fault, sqlite3_stmt *statement)
{
    bool done = statement && sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        store_fault(store, "write to it", fault);
    store->changed = sqlite3_changes(store->db);
    let_go(store, statement);
    return done;
}

bool store_run(struct store *store, struct fault *fault, const char *sql, const char *types, ...)
{
    va_list values;
    bool done;

    va_start(values, types);
    done = run_statement(store, fault, prepare(store, sql, types, values));
    va_end(values);
    return done;
}

bool store_change(struct store *store, struct fault *fault, const char *sql, const char *types, ...)
{
    va_list values;
    bool done;

    if (!store_begin(store, fault))
        return false;
    va_start(values, types);
    done = run_statement(store, fault, prepare(store, sql, types, values));
    va_end(values);
    if (done)
        return store_commit(store, fault);
    store_rollback(store);
    return false;
}

int64_t store_changed(const struct store *store)
{
    return store->changed;
}

static bool read_rows(struct store *store, struct arena *arena, struct fault *fault, sqlite3_stmt *statement,
                      bool (*each)(void *self, struct row *row), void *self)
{
    struct row row = {.arena = arena, .statement = statement};
    int step = statement ? SQLITE_ROW : SQLITE_ERROR;
    bool more = true;

    while (more && step == SQLITE_ROW) {
        step = sqlite3_step(statement);
        if (step == SQLITE_ROW)
            more = each(self, &row);
    }
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        store_fault(store, "read it", fault);
    let_go(store, statement);
    return step == SQLITE_ROW || step == SQLITE_DONE;
}

bool store_read(struct store *store, struct arena *arena, struct fault *fault, const char *sql,
                bool (*each)(void *self, struct row *row), void *self, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;

    va_start(values, types);
    statement = prepare(store, sql, types, values);
    va_end(values);
    return read_rows(store, arena, fault, statement, each, self);
}

static bool keep_number(void *self, struct row *row)
{
    if (!row_is_null(row, 0))
        *(int64_t *)self = row_number(row, 0);
    return false;
}

bool store_number(struct store *store, struct fault *fault, const char *sql, int64_t otherwise, int64_t *number,
                  const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;
    int64_t read = otherwise;

    va_start(values, types);
    statement = prepare(store, sql, types, values);
    va_end(values);
    if (!read_rows(store, store->arena, fault, statement, keep_number, &read))
        return false;
    *number = read;
    return true;
}

#define SET_VALUE "INSERT OR REPLACE INTO value (name, number) VALUES (?, ?)"

bool store_set_value(struct store *store, const char *name, int64_t value, struct fault *fault)
{
    return store_run(store, fault, SET_VALUE, "ti", name, value);
}

bool store_change_value(struct store *store, const char *name, int64_t value, struct fault *fault)
{
    return store_change(store, fault, SET_VALUE, "ti", name, value);
}

bool store_get_value(struct store *store, const char *name, int64_t otherwise, int64_t *value, struct fault *fault)
{
    return store_number(store, fault, "SELECT number FROM value WHERE name = ?", otherwise, value, "t", name);
}
