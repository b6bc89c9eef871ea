package import BillingModel
package import Timing

/// How far one connection's list of events at the provider was read.
package struct CatchUpPosition: Sendable, Hashable {
    /// An event of the list.
    package struct Place: Sendable, Hashable {
        package let event: ProviderID
        /// When the provider made it, Unix seconds.
        package let second: Int64

        package init(event: ProviderID, second: Int64) {
            self.event = event
            self.second = second
        }
    }

    /// A time whose events the provider lists no more: only a run can tell what happened in it.
    package struct Gap: Sendable, Hashable {
        /// Nil when nothing at all was known of the connection.
        package let from: Timestamp?
        package let to: Timestamp
        /// Row of `reconciliation_runs`; nil until a run was started for it.
        package var run: Int64?

        package init(from: Timestamp?, to: Timestamp, run: Int64? = nil) {
            self.from = from
            self.to = to
            self.run = run
        }
    }

    package struct Trouble: Sendable, Hashable {
        /// One word, such as `"rate_limited"`.
        package let code: String
        package let since: Timestamp

        package init(code: String, since: Timestamp) {
            self.code = code
            self.since = since
        }
    }

    /// Below it nothing is missing; nil while the list had no event that is old enough.
    package var place: Place?
    /// Up to here nothing is missing, by the provider's clock: when the last look reached the list's end.
    package var seenThrough: Timestamp?
    /// When the look that is under way began, by our clock; nil between two looks.
    package var lookingSince: Timestamp?
    /// Events that no webhook had brought: ever, and in the present or last look.
    package var found: Int64 = 0
    package var foundLast: Int64 = 0
    /// The latest gap.
    package var gap: Gap?
    package var trouble: Trouble?

    package init() {}
}
