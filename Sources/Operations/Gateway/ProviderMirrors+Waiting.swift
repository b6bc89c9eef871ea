import API
import Mirror
import Outbox

/// How the API wakes the mirrors, and waits for what it has to show.
extension ProviderMirrors: OperationWaiting {
    func waitUntilSettled(
        _ operation: OperationID,
        milliseconds: Int64,
        done: @escaping @Sendable () -> Void
    ) {
        board.wait(for: operation, milliseconds: milliseconds, done: done)
    }
}
