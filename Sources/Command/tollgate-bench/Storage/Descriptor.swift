import Glibc

/// Blocking writes to files, pipes and the terminal.
enum Descriptor {
    /// False when the other end is gone or the disk is full; `errno` says which.
    static func writeAll(_ bytes: [UInt8], to file: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                guard let start = bytes.baseAddress else { return true }
                let count = write(file, start + offset, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                offset += count
            }
            return true
        }
    }

    static func writeAll(_ text: String, to file: Int32) -> Bool {
        writeAll(Array(text.utf8), to: file)
    }
}
