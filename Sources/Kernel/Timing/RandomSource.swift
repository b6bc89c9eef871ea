import CLinux
import Threading

/// The only source of chance. A seeded one replays a run; never use it for secrets in production,
/// those come from `Cryptography`.
package final class RandomSource: Sendable {
    private let state: Lock<UInt64>

    package init(seed: UInt64) {
        state = Lock(seed)
    }

    /// Seeded by the kernel.
    package static func system() -> RandomSource {
        var seed: UInt64 = 0
        let count = withUnsafeMutableBytes(of: &seed) { getrandom($0.baseAddress, $0.count, 0) }
        precondition(count == 8, "getrandom(2) fills eight bytes once the kernel is up")
        return RandomSource(seed: seed)
    }

    /// SplitMix64, after Steele, Lea and Flood 2014.
    package func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// Evenly from `0..<bound`; `bound` must be positive.
    package func below(_ bound: UInt64) -> UInt64 {
        precondition(bound > 0, "a random number needs a positive bound")
        return next().multipliedFullWidth(by: bound).high
    }
}
