/// What a command leaves behind for scripts; the numbers are those of sysexits.h.
enum ExitCode {
    static let success: Int32 = 0
    /// The command ran, and its answer is no: an event was refused, a check did not hold.
    static let failure: Int32 = 1
    /// The words on the command line were wrong.
    static let usage: Int32 = 64
    /// Input could not be read or understood.
    static let input: Int32 = 65
    /// The other side, a server or a database, could not be reached.
    static let unavailable: Int32 = 69
    /// The disk said no.
    static let device: Int32 = 74
    /// The configuration is wrong.
    static let configuration: Int32 = 78
}

/// Why a command could not do its work, and what the person at the keyboard can do about it.
struct CommandFailure: Error, Hashable, Sendable {
    let message: String
    let hint: String?
    let exitCode: Int32

    init(_ message: String, hint: String? = nil, exitCode: Int32 = ExitCode.failure) {
        self.message = message
        self.hint = hint
        self.exitCode = exitCode
    }
}
