package import Inbox
package import JSON
package import Providers
package import Timing

/// What the catch-up of one connection reaches of other rooms.
package struct CatchUpLinks: Sendable {
    /// How the connection's calls go.
    package struct Standing: Sendable, Hashable {
        /// Nothing gets through at present.
        package let isDown: Bool
        /// Calls that ended without a use, since the start of the process.
        package let failed: UInt64

        package init(isDown: Bool, failed: UInt64) {
            self.isDown = isDown
            self.failed = failed
        }
    }

    /// Asks the provider; the answer comes once.
    package var fetch: @Sendable (ProviderRead, @escaping @Sendable (PageAnswer) -> Void) -> Void
    /// An event of the list as one for the inbox; the time is that of its receipt.
    package var read: @Sendable (JSONValue, ReplyToken, Timestamp) -> ReceivedEvent
    /// Into the inbox; false when it is full. The answer is given to `CatchUpLoop.answered`.
    package var offer: @Sendable (ReceivedEvent) -> Bool
    package var standing: @Sendable () -> Standing
    /// A run was planned.
    package var wakeRuns: @Sendable () -> Void

    package init(
        fetch: @escaping @Sendable (ProviderRead, @escaping @Sendable (PageAnswer) -> Void) -> Void,
        read: @escaping @Sendable (JSONValue, ReplyToken, Timestamp) -> ReceivedEvent,
        offer: @escaping @Sendable (ReceivedEvent) -> Bool,
        standing: @escaping @Sendable () -> Standing,
        wakeRuns: @escaping @Sendable () -> Void
    ) {
        self.fetch = fetch
        self.read = read
        self.offer = offer
        self.standing = standing
        self.wakeRuns = wakeRuns
    }
}
