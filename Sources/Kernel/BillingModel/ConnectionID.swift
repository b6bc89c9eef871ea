/// The number of a configured provider account in the store; provider ids are unique only within one.
package struct ConnectionID: Sendable, Hashable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}
