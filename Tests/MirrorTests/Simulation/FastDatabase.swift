import Database
import DatabaseSQLite
import Foundation
import Timing

/// A database file in memory where the system has such a place: what is simulated here is time and the provider,
/// and a flush for each of thousands of turns would only wait for the disk.
final class FastDatabase: Sendable {
    private let folder: URL
    var path: String { folder.appendingPathComponent("test.db").path }

    init() throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = FileManager.default.isWritableFile(atPath: memory.path())
        folder = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("tollgate-mirror-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A left-over folder is no reason to fail a test.
        try? FileManager.default.removeItem(at: folder)
    }

    func open(migrations: [Migration]) throws -> SQLiteDatabase {
        try SQLiteDatabase.open(
            path: path,
            migrations: migrations,
            now: Timestamp(milliseconds: 1),
            onDeviceFailure: { _ in }
        )
    }

    func copy() throws -> FastDatabase {
        let copy = try FastDatabase()
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }
}
