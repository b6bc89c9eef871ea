/// A moment of the store's logical clock: greater means later, and no two are equal. No clock of the provider's
/// or of this machine is ever compared where ticks are (provider_api 3.3).
package struct Tick: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package static let zero = Tick(rawValue: 0)

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: Tick, right: Tick) -> Bool {
        left.rawValue < right.rawValue
    }
}
