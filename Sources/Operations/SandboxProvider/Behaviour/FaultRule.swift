/// When to do what. Each condition that is given must hold. Rules are asked in order, and a call that one has taken
/// is not seen, nor counted, by those behind it.
package struct FaultRule: Sendable {
    package var name: String?
    package var method: String?
    package var pathPrefix: String?
    /// For webhooks: a type, or a beginning with `*`.
    package var eventType: String?
    /// Only the nth request that meets the other conditions, from 1.
    package var nth: Int?
    /// Every so-manieth of them.
    package var every: Int?
    /// Of those, this part; drawn from the sandbox's seed.
    package var probability: Double?
    /// Seconds since the rule was set, by the sandbox's clock.
    package var fromSeconds: Double?
    package var untilSeconds: Double?
    /// At most so often.
    package var times: Int?
    package var action: FaultAction

    package init(_ action: FaultAction) {
        self.action = action
    }
}
