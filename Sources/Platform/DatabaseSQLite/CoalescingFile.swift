import CSQLite
import Database
import Glibc

/// One open file of `CoalescingVFS`: the real file and what is gathered for it.
///
/// SQLite gives a block of memory per file. It begins with SQLite's own structure, then our pointer to this
/// object, then the real file's block.
final class CoalescingFile {
    static let headerBytes = 16
    // A commit of 256 pages goes out in one piece; longer ones in several.
    private static let gatheredBytesMax = 1 << 20
    // SQLite's Unix layer masks the length of a write with 0x1ffff, so 128 KB would be taken for nothing.
    private static let systemCallBytesMax = 31 * 4096

    let real: UnsafeMutablePointer<sqlite3_file>
    private let gathers: Bool
    private var gathered: UnsafeMutableRawPointer?
    private var count = 0
    private var start: Int64 = 0
    /// The header was written since the last sync. It names the frames that are valid: SQLite has it on the disk
    /// before the first of them.
    private var isHeaderUnsynced = false
    /// While set, a sync only hands what is gathered to the real file and tells this. Of the WAL: `WALFlusher`
    /// brings a commit to the disk. Of the database file: `FileSyncer` does so with a checkpoint's pages.
    /// Changed and called by the writing thread only.
    var laterSync: (() -> Void)?
    /// Called before the WAL begins anew and overwrites its frames; when it throws, that fails.
    var beforeRestart: (() throws(DatabaseError) -> Void)?

    private init(real: UnsafeMutablePointer<sqlite3_file>, gathers: Bool) {
        self.real = real
        self.gathers = gathers
    }

    deinit {
        gathered?.deallocate()
    }

    static func open(
        _ path: UnsafePointer<CChar>?,
        at file: UnsafeMutablePointer<sqlite3_file>,
        flags: Int32,
        flagsOut: UnsafeMutablePointer<Int32>?,
        base: UnsafeMutablePointer<sqlite3_vfs>
    ) -> Int32 {
        let block = UnsafeMutableRawPointer(file)
        let real = (block + headerBytes).assumingMemoryBound(to: sqlite3_file.self)
        file.pointee.pMethods = nil
        let code = base.pointee.xOpen(base, path, real, flags, flagsOut)
        guard code == SQLITE_OK else { return code }
        // The WAL only. A checkpoint that a reader is in the way of publishes what it copied to the database file
        // without a sync, and readers look for it there at once: nothing may be held back.
        let gathers = flags & SQLITE_OPEN_WAL != 0
        let own = CoalescingFile(real: real, gathers: gathers)
        (block + 8).storeBytes(of: Unmanaged.passRetained(own).toOpaque(), as: UnsafeMutableRawPointer.self)
        file.pointee.pMethods = UnsafePointer(methods)
        return SQLITE_OK
    }

    /// The WAL of a connection, or its database file; nil when it has none, or one of another file layer.
    static func of(_ connection: OpaquePointer, isWAL: Bool) -> CoalescingFile? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let control = isWAL ? SQLITE_FCNTL_JOURNAL_POINTER : SQLITE_FCNTL_FILE_POINTER
        let code = sqlite3_file_control(connection, "main", control, &file)
        guard code == SQLITE_OK, let file, file.pointee.pMethods == UnsafePointer(methods) else { return nil }
        return of(file)
    }

    /// Brings what was handed to the real file to the disk. Beside the writing thread's writes: SQLite's Unix
    /// layer calls `fdatasync` and looks at nothing that they change.
    func syncReal() -> Int32 {
        real.pointee.pMethods.pointee.xSync(real, SQLITE_SYNC_NORMAL)
    }

    private func sync(_ flags: Int32) -> Int32 {
        let code = flush()
        guard code == SQLITE_OK else { return code }
        // A header that was written anew must be on the disk before any frame that follows it.
        if let laterSync, !isHeaderUnsynced {
            laterSync()
            return SQLITE_OK
        }
        isHeaderUnsynced = false
        return real.pointee.pMethods.pointee.xSync(real, flags)
    }

    private static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> CoalescingFile {
        guard let file else { preconditionFailure("SQLite names the file") }
        let pointer = (UnsafeMutableRawPointer(file) + 8).load(as: UnsafeMutableRawPointer.self)
        return Unmanaged<CoalescingFile>.fromOpaque(pointer).takeUnretainedValue()
    }

    private func write(_ bytes: UnsafeRawPointer?, _ length: Int32, _ offset: Int64) -> Int32 {
        if gathers, offset == 0 {
            do { try beforeRestart?() } catch { return SQLITE_IOERR }
            isHeaderUnsynced = true
        }
        guard gathers, let bytes, Int(length) <= Self.gatheredBytesMax else {
            let code = flush()
            return code == SQLITE_OK
                ? real.pointee.pMethods.pointee.xWrite(real, bytes, length, offset) : code
        }
        if count > 0, offset != start + Int64(count) || count + Int(length) > Self.gatheredBytesMax {
            let code = flush()
            guard code == SQLITE_OK else { return code }
        }
        if count == 0 { start = offset }
        let buffer =
            gathered ?? UnsafeMutableRawPointer.allocate(byteCount: Self.gatheredBytesMax, alignment: 4096)
        gathered = buffer
        memcpy(buffer + count, bytes, Int(length))
        count += Int(length)
        return SQLITE_OK
    }

    /// Hands what is gathered to the real file. On failure it is gone, as after any failed write: SQLite undoes
    /// the transaction, and rewrites the frames with the next one.
    private func flush() -> Int32 {
        guard count > 0, let gathered else { return SQLITE_OK }
        let end = count
        count = 0
        var written = 0
        while written < end {
            let length = min(end - written, Self.systemCallBytesMax)
            let code = real.pointee.pMethods.pointee.xWrite(
                real,
                gathered + written,
                Int32(length),
                start + Int64(written)
            )
            guard code == SQLITE_OK else { return code }
            written += length
        }
        return SQLITE_OK
    }

    private func afterFlush(_ body: (UnsafePointer<sqlite3_io_methods>) -> Int32) -> Int32 {
        let code = flush()
        return code == SQLITE_OK ? body(real.pointee.pMethods) : code
    }

    /// Set once, never changed, and read by SQLite only.
    nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        // Version 2 has shared memory, which WAL needs; 3 would add memory mapping, which the writer does not use.
        methods.pointee.iVersion = 2
        methods.pointee.xClose = { file in
            let own = of(file)
            let code = own.flush()
            let closed = own.real.pointee.pMethods.pointee.xClose(own.real)
            Unmanaged.passUnretained(own).release()
            return code == SQLITE_OK ? closed : code
        }
        methods.pointee.xRead = { file, bytes, length, offset in
            let own = of(file)
            return own.afterFlush { $0.pointee.xRead(own.real, bytes, length, offset) }
        }
        methods.pointee.xWrite = { file, bytes, length, offset in of(file).write(bytes, length, offset) }
        methods.pointee.xTruncate = { file, size in
            let own = of(file)
            return own.afterFlush { $0.pointee.xTruncate(own.real, size) }
        }
        methods.pointee.xSync = { file, flags in
            of(file).sync(flags)
        }
        methods.pointee.xFileSize = { file, size in
            let own = of(file)
            return own.afterFlush { $0.pointee.xFileSize(own.real, size) }
        }
        methods.pointee.xLock = { file, level in
            let own = of(file)
            return own.afterFlush { $0.pointee.xLock(own.real, level) }
        }
        methods.pointee.xUnlock = { file, level in
            let own = of(file)
            return own.afterFlush { $0.pointee.xUnlock(own.real, level) }
        }
        methods.pointee.xCheckReservedLock = { file, answer in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xCheckReservedLock(own.real, answer)
        }
        methods.pointee.xFileControl = { file, operation, argument in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xFileControl(own.real, operation, argument)
        }
        methods.pointee.xSectorSize = { file in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xSectorSize(own.real)
        }
        methods.pointee.xDeviceCharacteristics = { file in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xDeviceCharacteristics(own.real)
        }
        methods.pointee.xShmMap = { file, region, size, extends, address in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xShmMap(own.real, region, size, extends, address)
        }
        methods.pointee.xShmLock = { file, offset, count, flags in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xShmLock(own.real, offset, count, flags)
        }
        methods.pointee.xShmBarrier = { file in
            let own = of(file)
            own.real.pointee.pMethods.pointee.xShmBarrier(own.real)
        }
        methods.pointee.xShmUnmap = { file, deletes in
            let own = of(file)
            return own.real.pointee.pMethods.pointee.xShmUnmap(own.real, deletes)
        }
        return methods
    }()
}
