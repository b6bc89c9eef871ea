import CSQLite
import Database
import DatabaseSQLite
import Foundation
import Glibc
import TestSupport
import Testing
import Threading
import Timing

/// The power goes at any moment, and the disk keeps what was flushed and any part of the rest. In processes of their
/// own, because SQLite's file layer is replaced by one that remembers.
@Suite struct PowerLossTests {
    @Test func `no row that was told is lost, and the file is whole`() async {
        await #expect(processExitsWith: .success) {
            exit(try PowerLoss(seed: 20_261_121, tellsAfterFlush: true).ending())
        }
    }

    @Test func `telling at the commit instead of its flush loses rows, as it should here`() async {
        await #expect(processExitsWith: .exitCode(3)) {
            exit(try PowerLoss(seed: 20_261_121, tellsAfterFlush: false).ending())
        }
    }
}

/// One run of writes, and many ends of it.
private struct PowerLoss {
    let seed: UInt64
    let tellsAfterFlush: Bool

    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
    private static let rowsPerBurst = 150
    private static let bursts = 4
    private static let cuts = isLong ? 4_000 : 100

    /// 0 when every image is whole and holds what was told, 3 when rows are missing, 4 when SQLite finds damage.
    func ending() throws -> Int32 {
        RecordingVFS.register()
        let settled = try write()
        let steps = RecordingVFS.steps.withLock { $0 }
        let random = RandomSource(seed: seed)
        let folder = try TemporaryDatabase()
        var missing = 0
        for number in 0..<Self.cuts {
            let cut = settled + Int(random.next() % UInt64(steps.count - settled))
            let fate = DiskImage.Fate.allCases[number % DiskImage.Fate.allCases.count]
            let image = DiskImage(after: steps[..<cut], settled: settled, fate, random: random)
            let path = folder.path + "-\(number)"
            try Data(image.files[0]).write(to: URL(filePath: path))
            try Data(image.files[1]).write(to: URL(filePath: path + "-wal"))
            guard let rows = rows(of: path) else {
                print("seed \(seed): damaged at step \(cut) of \(steps.count), \(fate)")
                return 4
            }
            let lost = image.told.filter { !rows.contains($0) }
            if !lost.isEmpty, tellsAfterFlush {
                print("seed \(seed): \(lost.count) rows lost at step \(cut) of \(steps.count), \(fate)")
            }
            missing += lost.count
            for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        }
        print("power loss: \(Self.cuts) ends of \(steps.count) steps, \(missing) told rows missing")
        return missing == 0 ? 0 : 3
    }

    /// Bursts of rows from several threads, with pauses in which the log is copied and begins anew.
    /// Returns how many steps made the file, before the first row.
    private func write() throws -> Int {
        let file = try TemporaryDatabase()
        let database = try file.open()
        let settled = RecordingVFS.steps.withLock { $0.count }
        if !tellsAfterFlush { database.join(EarlyTeller(rows: Self.rowsPerBurst * Self.bursts)) }
        try database.start()
        let text = String(repeating: "x", count: 1_500)
        for burst in 0..<Self.bursts {
            let left = Lock(Self.rowsPerBurst)
            for number in 0..<Self.rowsPerBurst {
                let row = Int64(burst * Self.rowsPerBurst + number)
                if tellsAfterFlush {
                    database.submitWrite { transaction throws(DatabaseError) in
                        try transaction.execute(Notes.insert, [.integer(row), .text(text), .null])
                    } completion: { result in
                        if case .success = result { RecordingVFS.note(.told(row)) }
                        left.withLock { $0 -= 1 }
                    }
                } else {
                    database.wakeWriter()
                }
                if number % 10 == 0 { usleep(2_000) }
            }
            while tellsAfterFlush, left.withLock({ $0 }) > 0 { usleep(1_000) }
            usleep(400_000)
        }
        database.stop()
        return settled
    }

    /// The rows of an image after SQLite has recovered it; nil when it is damaged.
    private func rows(of path: String) -> Set<Int64>? {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK else { return nil }
        guard let check = column("PRAGMA integrity_check", of: handle), check.count == 1 else { return nil }
        guard sqlite3_table_column_metadata(handle, nil, "notes", nil, nil, nil, nil, nil, nil) == SQLITE_OK
        else {
            return []
        }
        return column("SELECT id FROM notes", of: handle).map(Set.init)
    }

    /// First column of each row; of the check's "ok" that is 0. Nil when SQLite cannot run it.
    private func column(_ sql: String, of handle: OpaquePointer?) -> [Int64]? {
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { return nil }
        var values: [Int64] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW:
                let text = sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? ""
                if sql.hasPrefix("PRAGMA"), text != "ok" { return nil }
                values.append(sqlite3_column_int64(statement, 0))
            case SQLITE_DONE: return values
            default: return nil
            }
        }
    }
}

/// Tells of its rows as soon as they are committed: what `settle` must not be taken for.
private final class EarlyTeller: CommitParticipant {
    private let rows: Int
    private let next = Lock<(row: Int64, open: Int64?)>((0, nil))

    init(rows: Int) { self.rows = rows }

    func contribute(_ transaction: any WriteTransaction) throws(DatabaseError) -> Int {
        let row = next.withLock { $0.row }
        guard row < rows else { return 0 }
        try transaction.execute(
            Notes.insert,
            [.integer(row), .text(String(repeating: "x", count: 1_500)), .null]
        )
        next.withLock { $0 = (row + 1, row) }
        return 1
    }

    func settle(_ outcome: CommitOutcome) {
        guard case .committed = outcome, let row = next.withLock({ $0.open }) else { return }
        RecordingVFS.note(.told(row))
    }
}
