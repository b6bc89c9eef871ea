package import BillingModel
package import Outbox

/// Who carries operations to the provider, as the API sees it.
package protocol OperationWaiting: Sendable {
    /// The connection's queue has something new. From any thread; returns at once.
    func wake(_ connection: ConnectionID)

    /// A person ended the connection's pauses: whether it works is found out at once. As above.
    func resume(_ connection: ConnectionID)

    /// Calls `done` once, on a thread of its own: when nothing of the operation is left to be sent, or when
    /// `milliseconds` are over. Holds no thread of the caller.
    func waitUntilSettled(
        _ operation: OperationID,
        milliseconds: Int64,
        done: @escaping @Sendable () -> Void
    )
}
