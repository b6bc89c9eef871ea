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

// sqlite3_config is variadic. Without the statistics every allocation is spared a global mutex.
// Only before the first connection is opened.
static inline int tollgate_sqlite_disable_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
