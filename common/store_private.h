/*
 * store_private - an open store from within: shared by store_queue.c (one writer at a time), store_file.c (the file: made, opened,
 * brought up to date, set aside) and store.c (transactions and statements), and by nobody else.
 */
#ifndef COMMON_STORE_PRIVATE_H
#define COMMON_STORE_PRIVATE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <sqlite3.h>

#include "common/store.h"

enum { STORE_STATEMENTS_MOST = 32 }; /* compiled ones that are kept */

#define STORE_FILE_NAME "state.db"

struct store {
    struct arena *arena;
    const char *directory; /* without symbolic links */
    const char *path;
    int descriptor; /* of the directory: writers queue on it */
    sqlite3 *db;
    dev_t device; /* of the opened file: another process may have set it aside */
    ino_t inode;
    sqlite3_stmt *kept[STORE_STATEMENTS_MOST]; /* compiled once, used again: see prepare() */
    size_t kept_count;
    int64_t patience_ms; /* left */
    int64_t changed;
    bool corrupt; /* SQLite said so */
};

/* Takes the place at the head of the queue, as long as the patience lasts. */
bool store_queue_enter(struct store *store, struct fault *fault);
void store_queue_leave(struct store *store);

bool store_file_exists(const struct store *store, struct stat *about);
bool store_file_open(struct store *store, struct fault *fault);
void store_file_close(struct store *store);

/* Statements that have no values and whose rows nobody reads. */
bool store_sql(sqlite3 *db, const char *sql);

/* What SQLite says, with what the operator can do about it; false. Notes that the file is corrupt. */
bool store_fault(struct store *store, const char *doing, struct fault *fault);

#endif
