import Glibc

/// Which events were answered 2xx, as records of sequence number and second, 16 bytes each, appended to a file
/// that the kill run reads while the generator lives.
final class AcknowledgementLog {
    private let file: Int32
    private var waiting: [UInt64] = []

    init(path: String) throws(BenchError) {
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BenchError("cannot write \(path): \(SystemError.text(errno))") }
    }

    deinit {
        close(file)
    }

    func append(_ plan: EventPlan) {
        waiting.append(plan.sequence)
        waiting.append(UInt64(bitPattern: plan.second))
    }

    /// One write for all that were appended since the last.
    func flush() throws(BenchError) {
        guard !waiting.isEmpty else { return }
        let bytes = waiting.withUnsafeBytes { Array($0) }
        waiting.removeAll(keepingCapacity: true)
        guard Descriptor.writeAll(bytes, to: file) else {
            throw BenchError("cannot write acknowledgements: \(SystemError.text(errno))")
        }
    }

    static func read(path: String) -> [(sequence: UInt64, second: Int64)] {
        let bytes = TextFile.read(path) ?? []
        return stride(from: 0, to: bytes.count / 16 * 16, by: 16).map { offset in
            bytes.withUnsafeBytes { bytes in
                (
                    bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self)
                )
            }
        }
    }
}
