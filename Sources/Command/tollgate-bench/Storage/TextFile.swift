import Glibc

/// Whole files, small ones.
enum TextFile {
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Bytes; zero for a file that is not there.
    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Nil when it cannot be read.
    static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return count == 0 ? bytes : nil }
            bytes += chunk[..<count]
        }
    }

    static func text(_ path: String) -> String? {
        read(path).map { String(decoding: $0, as: UTF8.self) }
    }

    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(BenchError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { throw BenchError("cannot write \(path): \(SystemError.text(errno))") }
        defer { close(file) }
        guard Descriptor.writeAll(bytes, to: file) else {
            throw BenchError("cannot write \(path): \(SystemError.text(errno))")
        }
    }
}
