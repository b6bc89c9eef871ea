import CSQLite
import Glibc

/// SQLite's file layer for the writing connection: neighbouring writes become one system call.
///
/// SQLite writes each WAL frame as two `pwrite`s, 24 bytes and a page, about 5 µs a frame; one write of all
/// frames of a commit costs 0.3 to 1.3 µs a frame (measured on ext4, 64 frames).
///
/// Nothing is promised earlier than before: what is gathered goes to the file before every sync, read, lock
/// change, size question and truncation of it. SQLite publishes the frames of a commit to readers only after the
/// sync (`synchronous=FULL`), so no reader can look for bytes that are still here. That holds for the WAL alone:
/// what a checkpoint copies into the database file may be published without a sync, and is never gathered.
enum CoalescingVFS {
    static let name = "tollgate"

    /// Registers the layer with SQLite, once per process; false when SQLite has no file layer to build on.
    static let isRegistered: Bool = {
        guard let base = sqlite3_vfs_find(nil) else { return false }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        // The base's other functions use nothing of the structure that the copy does not have.
        layer.initialize(to: base.pointee)
        layer.pointee.pNext = nil
        layer.pointee.zName = UnsafePointer(strdup(name))
        layer.pointee.szOsFile = Int32(CoalescingFile.headerBytes) + base.pointee.szOsFile
        layer.pointee.xOpen = { _, path, file, flags, flagsOut in
            guard let file, let base = sqlite3_vfs_find(nil) else { return SQLITE_CANTOPEN }
            return CoalescingFile.open(path, at: file, flags: flags, flagsOut: flagsOut, base: base)
        }
        return sqlite3_vfs_register(layer, 0) == SQLITE_OK
    }()
}
