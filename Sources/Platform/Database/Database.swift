// Purpose:  what a transaction, a statement, a row, a failure and a migration are, whatever the engine.
// Owns:     nothing.
// May import: Threading.
// Never:    a C library; a table's name.
// Start reading at: Transactions.swift, then DatabaseEngine.swift.
