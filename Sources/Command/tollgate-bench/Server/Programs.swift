import Glibc

/// Where the programs are.
enum Programs {
    /// This program.
    static var own: String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { readlink("/proc/self/exe", $0, characters.count) } ?? 0
            }
        }
        guard count > 0 else { return CommandLine.arguments[0] }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// `tollgate` beside this program.
    static var tollgate: String {
        let parts = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return parts.joined(separator: "/") + "/tollgate"
    }
}
