import CSQLite
import Glibc
import Threading

/// What SQLite asked of the disk, in order, and what was told of it.
enum DiskStep: Sendable {
    case write(DiskFile, offset: Int64, bytes: [UInt8])
    case truncate(DiskFile, size: Int64)
    case syncBegan(DiskFile, Int)
    case syncEnded(Int)
    /// A row was told to be stored.
    case told(Int64)
}

enum DiskFile: Int, Sendable {
    case database
    case wal
    /// A rollback journal, which is used once: to make the new file one with a WAL.
    case journal

    init(openedWith flags: Int32) {
        self = flags & SQLITE_OPEN_WAL != 0 ? .wal : flags & SQLITE_OPEN_MAIN_DB != 0 ? .database : .journal
    }
}

/// SQLite's file layer with a memory of each step, for all files of the process. Registered as the default one, so
/// in a process of its own only.
enum RecordingVFS {
    static let steps = Lock<[DiskStep]>([])
    static let headerBytes = 16

    static func note(_ step: DiskStep) { steps.withLock { $0.append(step) } }

    static func register() {
        guard let base = sqlite3_vfs_find(nil) else { exit(90) }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: base.pointee)
        layer.pointee.pNext = nil
        layer.pointee.zName = UnsafePointer(strdup("recording"))
        layer.pointee.szOsFile = Int32(headerBytes) + base.pointee.szOsFile
        layer.pointee.xOpen = { _, path, file, flags, flagsOut in
            guard let file, let base = sqlite3_vfs_find("unix") else { return SQLITE_CANTOPEN }
            return RecordedFile.open(path, at: file, flags: flags, flagsOut: flagsOut, base: base)
        }
        guard sqlite3_vfs_register(layer, 1) == SQLITE_OK else { exit(91) }
    }
}

final class RecordedFile {
    let real: UnsafeMutablePointer<sqlite3_file>
    let kind: DiskFile

    private init(real: UnsafeMutablePointer<sqlite3_file>, kind: DiskFile) {
        self.real = real
        self.kind = kind
    }

    static func open(
        _ path: UnsafePointer<CChar>?,
        at file: UnsafeMutablePointer<sqlite3_file>,
        flags: Int32,
        flagsOut: UnsafeMutablePointer<Int32>?,
        base: UnsafeMutablePointer<sqlite3_vfs>
    ) -> Int32 {
        let block = UnsafeMutableRawPointer(file)
        let real = (block + RecordingVFS.headerBytes).assumingMemoryBound(to: sqlite3_file.self)
        file.pointee.pMethods = nil
        let code = base.pointee.xOpen(base, path, real, flags, flagsOut)
        guard code == SQLITE_OK else { return code }
        let own = RecordedFile(real: real, kind: DiskFile(openedWith: flags))
        (block + 8).storeBytes(of: Unmanaged.passRetained(own).toOpaque(), as: UnsafeMutableRawPointer.self)
        file.pointee.pMethods = UnsafePointer(methods)
        return SQLITE_OK
    }

    private static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> RecordedFile {
        guard let file else { preconditionFailure("SQLite names the file") }
        let pointer = (UnsafeMutableRawPointer(file) + 8).load(as: UnsafeMutableRawPointer.self)
        return Unmanaged<RecordedFile>.fromOpaque(pointer).takeUnretainedValue()
    }

    private var io: UnsafePointer<sqlite3_io_methods> { real.pointee.pMethods }

    private func write(_ bytes: UnsafeRawPointer?, _ length: Int32, _ offset: Int64) -> Int32 {
        let copy = [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(length)))
        // Before the real write: a sync that begins after it is noted may be thought to hold it, one before not.
        RecordingVFS.note(.write(kind, offset: offset, bytes: copy))
        return io.pointee.xWrite(real, bytes, length, offset)
    }

    private static let syncs = Lock(0)

    private func sync(_ flags: Int32) -> Int32 {
        let number = Self.syncs.withLock { syncs in
            syncs += 1
            return syncs
        }
        RecordingVFS.note(.syncBegan(kind, number))
        let code = io.pointee.xSync(real, flags)
        RecordingVFS.note(.syncEnded(number))
        return code
    }

    /// Set once, never changed, and read by SQLite only.
    nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        methods.pointee.iVersion = 2
        methods.pointee.xClose = { file in
            let own = of(file)
            let code = own.io.pointee.xClose(own.real)
            Unmanaged.passUnretained(own).release()
            return code
        }
        methods.pointee.xRead = { file, bytes, length, offset in
            of(file).io.pointee.xRead(of(file).real, bytes, length, offset)
        }
        methods.pointee.xWrite = { file, bytes, length, offset in of(file).write(bytes, length, offset) }
        methods.pointee.xTruncate = { file, size in
            RecordingVFS.note(.truncate(of(file).kind, size: size))
            return of(file).io.pointee.xTruncate(of(file).real, size)
        }
        methods.pointee.xSync = { file, flags in of(file).sync(flags) }
        methods.pointee.xFileSize = { file, size in of(file).io.pointee.xFileSize(of(file).real, size) }
        methods.pointee.xLock = { file, level in of(file).io.pointee.xLock(of(file).real, level) }
        methods.pointee.xUnlock = { file, level in of(file).io.pointee.xUnlock(of(file).real, level) }
        methods.pointee.xCheckReservedLock = { file, answer in
            of(file).io.pointee.xCheckReservedLock(of(file).real, answer)
        }
        methods.pointee.xFileControl = { file, operation, argument in
            of(file).io.pointee.xFileControl(of(file).real, operation, argument)
        }
        methods.pointee.xSectorSize = { file in of(file).io.pointee.xSectorSize(of(file).real) }
        methods.pointee.xDeviceCharacteristics = { file in
            of(file).io.pointee.xDeviceCharacteristics(of(file).real)
        }
        methods.pointee.xShmMap = { file, region, size, extends, address in
            of(file).io.pointee.xShmMap(of(file).real, region, size, extends, address)
        }
        methods.pointee.xShmLock = { file, offset, count, flags in
            of(file).io.pointee.xShmLock(of(file).real, offset, count, flags)
        }
        methods.pointee.xShmBarrier = { file in of(file).io.pointee.xShmBarrier(of(file).real) }
        methods.pointee.xShmUnmap = { file, deletes in
            of(file).io.pointee.xShmUnmap(of(file).real, deletes)
        }
        return methods
    }()
}
