import Database

/// Which rows of `objects` a run has met: a bitmap in chunks, so that a run over a million equal objects writes a few
/// hundred rows over and over, and still knows after a kill which object was in no list.
enum SeenObjectsTable {
    /// Objects in a chunk.
    static let chunkSize: Int64 = 4_096

    private static let get = Statement(
        "reconciliation_seen.get",
        "SELECT bits FROM reconciliation_seen WHERE run_id = $1 AND chunk = $2"
    )
    private static let put = Statement(
        "reconciliation_seen.put",
        """
        INSERT INTO reconciliation_seen (run_id, chunk, bits)
        VALUES ($1, $2, $3)
        ON CONFLICT (run_id, chunk) DO UPDATE SET bits = excluded.bits
        """
    )

    /// Marks the objects and returns those that were not marked before.
    static func mark(
        _ numbers: [Int64],
        by run: RunID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Set<Int64> {
        var new: Set<Int64> = []
        for (chunk, members) in Dictionary(grouping: numbers, by: { $0 / chunkSize }) {
            var bits = try bits(ofChunk: chunk, by: run, in: transaction)
            var isChanged = false
            for number in members where !bits.holds(number % chunkSize) {
                bits.insert(number % chunkSize)
                new.insert(number)
                isChanged = true
            }
            guard isChanged else { continue }
            try transaction.execute(
                put,
                [.integer(run.rawValue), .integer(chunk), .bytes(bits.bytes)]
            )
        }
        return new
    }

    static func bits(
        ofChunk chunk: Int64,
        by run: RunID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> SeenBits {
        let stored = try transaction.first(get, [.integer(run.rawValue), .integer(chunk)]) { $0.bytes(0) }
        return SeenBits(bytes: stored)
    }
}

/// One chunk of the bitmap.
struct SeenBits {
    private(set) var bytes: [UInt8]

    init(bytes: [UInt8]?) {
        let count = Int(SeenObjectsTable.chunkSize / 8)
        precondition(bytes.map { $0.count == count } ?? true, "chunks have one size")
        self.bytes = bytes ?? [UInt8](repeating: 0, count: count)
    }

    /// - Parameter place: within the chunk.
    func holds(_ place: Int64) -> Bool { bytes[Int(place / 8)] & (1 << (place % 8)) != 0 }

    mutating func insert(_ place: Int64) { bytes[Int(place / 8)] |= 1 << (place % 8) }
}
