/* store_schema - the tables, as the steps that lead from one version to the next. */
#ifndef COMMON_STORE_SCHEMA_H
#define COMMON_STORE_SCHEMA_H

/* STORE_STEPS[n] leads from version n to version n + 1; there are STORE_SCHEMA of them. Plain SQL for SQLite 3.26 on. */
extern const char *const STORE_STEPS[];

#endif
