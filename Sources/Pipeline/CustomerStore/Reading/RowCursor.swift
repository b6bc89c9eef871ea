import BillingModel
import Database
import Timing

/// Reads a row's columns from left to right, each call the next one.
struct RowCursor {
    private let row: any Row
    private var column = 0

    init(_ row: any Row) {
        self.row = row
    }

    private mutating func advance() -> Int {
        defer { column += 1 }
        return column
    }

    mutating func text() -> String { row.text(advance()) }
    mutating func integer() -> Int64 { row.integer(advance()) }
    mutating func boolean() -> Bool { row.boolean(advance()) }
    mutating func optionalText() -> String? { row.optionalText(advance()) }
    mutating func optionalInteger() -> Int64? { row.optionalInteger(advance()) }
    mutating func time() -> Timestamp { Timestamp(milliseconds: integer()) }
    mutating func optionalTime() -> Timestamp? { optionalInteger().map(Timestamp.init(milliseconds:)) }
    mutating func id() -> ProviderID? { optionalText().map { ProviderID($0) } }
    mutating func metadata() -> Metadata { MetadataColumn.metadata(optionalText()) }

    /// A word that a CHECK of the schema allows; `fallback` if a newer schema wrote another.
    mutating func word<Word: RawRepresentable<String>>(or fallback: Word) -> Word {
        Word(rawValue: text()) ?? fallback
    }

    /// A provider id, then our number for it.
    mutating func link() -> ObjectLink? {
        let id = id()
        let number = optionalInteger()
        return id.map { ObjectLink(number: number, providerID: $0) }
    }

    /// The columns that every object's SELECT ends with: provider id, connection, provider, state, freshness,
    /// last change.
    mutating func sync(objectNumber: Int64) -> SyncRecord {
        var sync = SyncRecord(state: .synced)
        sync.objectNumber = objectNumber
        sync.providerID = id()
        sync.connection = ConnectionID(rawValue: integer())
        sync.provider = text()
        if text() == "tombstone" { sync.state = .missing }
        sync.freshness = Freshness(rawValue: text())
        sync.lastSyncedAt = time()
        return sync
    }
}
