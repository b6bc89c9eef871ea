/// The questions behind `/readyz`, in the order in which they are asked. Each is cheap and safe from any thread.
package struct ReadinessProbes: Sendable {
    package var isDraining: @Sendable () -> Bool
    package var isStoreReadable: @Sendable () -> Bool
    package var isWriterAnswering: @Sendable () -> Bool
    package var isIntakeQueueFull: @Sendable () -> Bool

    package init(
        isDraining: @escaping @Sendable () -> Bool,
        isStoreReadable: @escaping @Sendable () -> Bool,
        isWriterAnswering: @escaping @Sendable () -> Bool,
        isIntakeQueueFull: @escaping @Sendable () -> Bool
    ) {
        self.isDraining = isDraining
        self.isStoreReadable = isStoreReadable
        self.isWriterAnswering = isWriterAnswering
        self.isIntakeQueueFull = isIntakeQueueFull
    }

    /// Nil when ready; else why not.
    @Sendable package func unreadiness() -> String? {
        if isDraining() { return "draining" }
        if !isStoreReadable() { return "store_unreadable" }
        if !isWriterAnswering() { return "writer_not_answering" }
        if isIntakeQueueFull() { return "intake_queue_full" }
        return nil
    }
}
