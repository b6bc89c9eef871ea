import Glibc

/// Standard output and standard error, unbuffered. Results go to the first, everything said to the person goes
/// to the second, so that a result can be piped.
struct Terminal: Sendable {
    static let standard = Terminal(output: STDOUT_FILENO, diagnostics: STDERR_FILENO)

    private let output: Int32
    private let diagnostics: Int32

    init(output: Int32, diagnostics: Int32) {
        self.output = output
        self.diagnostics = diagnostics
    }

    /// Whether somebody watches the output, so that a line may be redrawn.
    var isInteractive: Bool { isatty(output) == 1 }

    func line(_ text: String = "") {
        write(text + "\n", to: output)
    }

    func bytes(_ bytes: [UInt8]) {
        write(bytes, to: output)
    }

    /// Whether somebody watches what is said, so that a progress line may be redrawn.
    var isWatched: Bool { isatty(diagnostics) == 1 }

    /// Puts `text` in place of the line that was last drawn.
    func redraw(_ text: String) {
        write("\r\u{1B}[K" + text, to: diagnostics)
    }

    func note(_ text: String) {
        write(text + "\n", to: diagnostics)
    }

    func failure(_ failure: CommandFailure) {
        note("tollgate: \(failure.message)")
        if let hint = failure.hint { note("  \(hint)") }
    }

    private func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent)
                if count < 0 {
                    if errno == EINTR { continue }
                    // Nobody is left to be told that nobody listens.
                    return
                }
                sent += count
            }
        }
    }
}

/// Text that came from outside, made safe for a terminal: control characters, escape sequences among them,
/// become `�`.
func printable(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        let isControl =
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        scalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(scalars)
}
