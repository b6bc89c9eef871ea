/// A failure of the engine, not of the caller's data.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// No space left on the device: nothing was written, a later try may succeed.
        case full
        /// The device failed to read or write: the outcome is unknown until a restart has checked.
        case inputOutput
        case busy
        case constraint
        case corrupt
        /// The engine is closing and takes no more work.
        case closed
        case other
    }

    package let kind: Kind
    /// Dotted name of the statement, or what the engine was doing, such as `"commit"`.
    package let statement: String
    package let code: Int32
    /// The engine's words; they name tables and columns, never values.
    package let message: String

    package init(kind: Kind, statement: String, code: Int32, message: String) {
        self.kind = kind
        self.statement = statement
        self.code = code
        self.message = message
    }

    package var description: String {
        "\(statement): \(message) (\(kind.rawValue), code \(code))"
    }
}
