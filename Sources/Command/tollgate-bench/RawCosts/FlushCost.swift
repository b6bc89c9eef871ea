import Glibc
import Timing

/// How often in a second the disk can be made to keep 48 KB that were appended to a file.
enum FlushCost {
    private static let blockBytes = 48 * 1024
    /// The file starts again when it has grown so far.
    private static let fileBytesMax = 256 << 20

    static func measure(
        directory: String,
        seconds: Double,
        clock: MonotonicClock = .system
    ) throws(BenchError) -> Double {
        let path = directory + "/flush"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("cannot write \(path): \(SystemError.text(errno))") }
        defer {
            close(file)
            unlink(path)
        }
        let block = [UInt8](repeating: 0x5A, count: blockBytes)
        var written = 0
        var flushes = 0
        let start = clock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        while clock.nanoseconds() < end {
            if written >= fileBytesMax {
                ftruncate(file, 0)
                lseek(file, 0, SEEK_SET)
                written = 0
            }
            guard Descriptor.writeAll(block, to: file), fdatasync(file) == 0 else {
                throw BenchError("cannot write \(path): \(SystemError.text(errno))")
            }
            written += blockBytes
            flushes += 1
        }
        return Double(flushes) / (Double(clock.nanoseconds() - start) / 1e9)
    }
}
