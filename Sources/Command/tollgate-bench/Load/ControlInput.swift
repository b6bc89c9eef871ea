import Glibc

/// The lines that a load generator is told on its standard input.
final class ControlInput {
    let descriptor: Int32
    private var buffer: [UInt8] = []
    /// Whether the sender has gone.
    private(set) var isAtEnd = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Waits for a line; nil when nobody is left to send one.
    func nextLine() -> String? {
        while true {
            if let line = takeLine() { return line }
            if isAtEnd { return nil }
            fill()
        }
    }

    /// Call when the descriptor can be read: true when the job shall pause, or when the sender has gone.
    func takesPause() -> Bool {
        fill()
        if isAtEnd { return true }
        guard let line = takeLine() else { return false }
        return line == LoadJob.pauseLine
    }

    private func fill() {
        var chunk = [UInt8](repeating: 0, count: 1024)
        let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { return }
        guard count > 0 else {
            isAtEnd = true
            return
        }
        buffer += chunk[..<count]
    }

    private func takeLine() -> String? {
        guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
    }
}
