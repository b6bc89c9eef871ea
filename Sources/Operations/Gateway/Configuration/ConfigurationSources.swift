import Glibc

/// Where a configuration's words lead: the process's variables and files. Tests give their own.
package struct ConfigurationSources: Sendable {
    package enum FileFailure: Error, Hashable, Sendable {
        /// What the system said: `No such file or directory`.
        case unreadable(String)
        case longer(thanBytes: Int)
    }

    /// The variable's value; nil when it is unset.
    package let environment: @Sendable (_ name: String) -> String?
    /// The file's bytes, if they are at most as many as given.
    package let file: @Sendable (_ path: String, _ bytesMax: Int) -> Result<[UInt8], FileFailure>

    package init(
        environment: @escaping @Sendable (_ name: String) -> String?,
        file: @escaping @Sendable (_ path: String, _ bytesMax: Int) -> Result<[UInt8], FileFailure>
    ) {
        self.environment = environment
        self.file = file
    }

    /// This process's own.
    package static let process = ConfigurationSources(
        environment: { name in getenv(name).map { String(cString: $0) } },
        file: { path, bytesMax in readFile(path, bytesMax: bytesMax) }
    )

    private static func readFile(_ path: String, bytesMax: Int) -> Result<[UInt8], FileFailure> {
        // Without O_NONBLOCK a named pipe would hold the start up for ever.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(.unreadable(String(cString: strerror(errno)))) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { return .failure(.unreadable(String(cString: strerror(errno)))) }
            if got == 0 { break }
            count += got
        }
        guard count <= bytesMax else { return .failure(.longer(thanBytes: bytesMax)) }
        return .success(Array(bytes[..<count]))
    }
}
