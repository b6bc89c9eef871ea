import Foundation
import Testing

/// The built program under its real sockets, signals and files. One test at a time: each starts processes, and
/// waits for them without giving its thread back.
@Suite(.serialized) struct `End to end` {
    /// Loops run in full with TOLLGATE_LONG=1.
    static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
}

/// Numbers from a seed that a failing test prints.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    // SplitMix64, by its published constants.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// TOLLGATE_SEED, or one that no run had before.
    static func seed() -> UInt64 {
        ProcessInfo.processInfo.environment["TOLLGATE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    }
}
