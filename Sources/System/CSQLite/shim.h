// SQLite (Debian libsqlite3-dev). Only DatabaseSQLite imports this room, and tollgate-bench to check it from outside.
#ifndef TOLLGATE_CSQLITE_SHIM_H
#define TOLLGATE_CSQLITE_SHIM_H

#include <sqlite3.h>

// The destructor constants are casts, which Swift cannot import.
static inline sqlite3_destructor_type tollgate_sqlite_static(void) { return SQLITE_STATIC; }
static inline sqlite3_destructor_type tollgate_sqlite_transient(void) { return SQLITE_TRANSIENT; }

// sqlite3_db_config is variadic.
static inline int tollgate_sqlite_db_config_flag(sqlite3 *database, int operation, int value) {
    return sqlite3_db_config(database, operation, value, (int *)0);
}

#endif
