import Outbox

/// What is worth a line in the log, without being trouble.
enum DispatchNote: Sendable, Hashable {
    case breakerClosed
    /// The lane goes on after a pause.
    case resumed
    /// An operation that was found not done is sent under a new key.
    case newGeneration(OperationID, Int)
}
