import Glibc
import Timing

/// How many events a second SQLite alone stores in our two tables: WAL, FULL, 64 in a transaction, one thread.
enum InsertCost {
    private static let batch = 64

    static func measure(
        directory: String,
        seconds: Double,
        scheme: EventIDScheme,
        bodyBytes: Int,
        clock: MonotonicClock = .system,
        wall: WallClock = .system
    ) throws(BenchError) -> Double {
        let path = directory + "/raw.db"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        let file = try SQLiteFile(path: path, use: .writing)
        try RawInsertTable.create(in: file)
        var table = try RawInsertTable(file)
        let body = UnsafeMutableRawBufferPointer.allocate(byteCount: bodyBytes, alignment: 16)
        defer { body.deallocate() }
        body.initializeMemory(as: UInt8.self, repeating: 0x5A)
        var sequence: UInt64 = 0
        let start = clock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        while clock.nanoseconds() < end {
            let now = wall.now()
            let eventIDs = (0..<batch).map { offset in
                scheme.text(sequence: sequence + UInt64(offset), second: now.seconds, account: 1)
            }
            try table.insert(
                eventIDs: eventIDs,
                body: UnsafeRawBufferPointer(body),
                isApplied: false,
                milliseconds: now.milliseconds
            )
            sequence += UInt64(batch)
        }
        return Double(sequence) / (Double(clock.nanoseconds() - start) / 1e9)
    }
}
