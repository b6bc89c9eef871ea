import Glibc

/// A folder that is removed when the program ends.
struct TemporaryDirectory {
    let path: String

    /// Under `/var/tmp`, which unlike `/tmp` is never held in memory: there a flush would cost nothing.
    init(keeper: ChildKeeper) throws(BenchError) {
        var template = Array("/var/tmp/tollgate-bench-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else {
            throw BenchError("cannot make a folder in /var/tmp: \(SystemError.text(errno))")
        }
        path = made
        keeper.add(directory: made)
    }

    /// Removes the files in the folder, the folders in it and itself.
    static func remove(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name == "." || name == ".." { continue }
                let inner = "\(path)/\(name)"
                if entry.pointee.d_type == UInt8(DT_DIR) { remove(inner) } else { unlink(inner) }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
