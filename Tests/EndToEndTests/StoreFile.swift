import CSQLite
import Cryptography
import Foundation
import Packing
import Testing

/// Reads the store's file as another program would: read-only, without checkpoints.
final class StoreFile {
    struct Failure: Error {
        let message: String
    }

    private let handle: OpaquePointer

    init(_ path: String) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY, nil)
        guard code == SQLITE_OK, let opened else { throw Failure(message: "open \(path): \(code)") }
        handle = opened
        sqlite3_busy_timeout(handle, 10_000)
        _ = tollgate_sqlite_db_config_flag(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// All rows, every value as text, NULL as "NULL".
    func rows(_ sql: String) throws -> [[String]] {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw Failure(message: String(cString: sqlite3_errmsg(handle)))
        }
        defer { sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            guard code == SQLITE_ROW else { throw Failure(message: String(cString: sqlite3_errmsg(handle))) }
            rows.append(
                (0..<sqlite3_column_count(statement)).map { column in
                    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "NULL"
                }
            )
        }
    }

    func number(_ sql: String) throws -> Int {
        guard let text = try rows(sql).first?.first, let number = Int(text) else {
            throw Failure(message: "no number: \(sql)")
        }
        return number
    }

    /// A change of the file that no server holds, as an operator would make it by hand.
    static func change(_ path: String, _ sql: String) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE, nil)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let opened, sqlite3_exec(opened, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(message: "change \(path): \(code)")
        }
    }

    /// Of all events, as they were signed.
    func bodies() throws -> [String] {
        try rows("SELECT hex(body), packing, unpacked_bytes FROM inbox_bodies").map { row in
            let body = PackedBytes(
                stored: try #require(Hex.decode(row[0].lowercased())),
                packing: Int64(row[1]),
                unpackedCount: Int64(row[2])
            )
            return String(decoding: try body.unpacked(), as: UTF8.self)
        }
    }

    /// Empty when SQLite finds the file whole.
    func damage() throws -> [String] {
        try rows("PRAGMA integrity_check").flatMap { $0 }.filter { $0 != "ok" }
    }

    /// Events that are still to be applied, without dead letters.
    func pending() throws -> Int {
        try number("SELECT COUNT(*) FROM inbox WHERE due_at IS NOT NULL")
    }

    /// Waits until all events are settled; `isAlive` says whether anybody still works on them.
    func drained(_ isAlive: () -> Bool) async throws {
        while try pending() > 0 {
            guard isAlive() else { throw Failure(message: "the gateway ended while \(try pending()) waited") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
