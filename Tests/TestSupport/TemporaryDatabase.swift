package import Database
package import DatabaseSQLite
import Foundation
import Timing

/// A database file of its own in the temporary folder, removed when the last owner lets go of it.
package final class TemporaryDatabase: Sendable {
    private let folder: URL
    package var path: String { folder.appendingPathComponent("test.db").path }

    /// - Parameter isInMemory: where the system has such a place: for who simulates, and would only wait for the disk.
    package init(isInMemory: Bool = false) throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = isInMemory && FileManager.default.isWritableFile(atPath: memory.path())
        folder = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("tollgate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        // A left-over folder in /tmp is no reason to fail a test.
        try? FileManager.default.removeItem(at: folder)
    }

    package func open(migrations: [Migration]) throws -> SQLiteDatabase {
        try SQLiteDatabase.open(
            path: path,
            migrations: migrations,
            now: Timestamp(milliseconds: 1),
            onDeviceFailure: { _ in }
        )
    }
}
