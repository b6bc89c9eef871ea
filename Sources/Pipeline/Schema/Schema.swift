package import Database

// Purpose:  the numbered migrations, and what the file knows of itself (its epoch).
// Owns:     every CREATE and ALTER; table store_meta.
// May import: Database.
// Never:    an application type: a released migration must mean the same for ever.
// Start reading at: Migration0001Spine.swift.

/// All migrations in order.
package enum Schema {
    package static let migrations: [Migration] = [
        Migration0001Spine.migration,
        Migration0002CustomerStore.migration,
        Migration0003APIKeys.migration,
        Migration0004Outbox.migration,
        Migration0005WritingAPI.migration,
        Migration0006OvertakenOperations.migration,
        Migration0007WaitingOperations.migration,
        Migration0008Reconciliation.migration,
        Migration0009PackedBytes.migration,
        Migration0010ConfirmedReads.migration,
        Migration0011CatchUp.migration,
        Migration0012OwedWork.migration,
    ]
}
