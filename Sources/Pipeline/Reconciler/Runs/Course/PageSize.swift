import Providers

/// How many objects a question asks for: half as many after each answer that was too large, and twice as many again
/// after some that were not. One large object does not make the rest of a long list slow.
struct PageSize: Sendable, Hashable {
    private static let goodLeast = 8
    // A list of nothing but large objects pays for few attempts to go back.
    private static let goodMost = 256

    private(set) var count = PageRequest.countMax
    private var good = 0
    /// So many good answers are wanted before more is asked for; twice as many once that was too much.
    private var goodNeeded = PageSize.goodLeast
    private var hasGrown = false

    /// Takes half of what was asked for, unless another question led to less already; false when that was one object.
    mutating func halve(asked: Int) -> Bool {
        guard asked > 1 else { return false }
        if hasGrown, asked >= count {
            goodNeeded = min(2 * goodNeeded, Self.goodMost)
            hasGrown = false
        }
        good = 0
        count = min(count, asked / 2)
        return true
    }

    /// An answer with what was asked for came whole.
    mutating func isGood(asked: Int) {
        guard count < PageRequest.countMax, asked >= count else { return }
        good += 1
        guard good >= goodNeeded else { return }
        good = 0
        hasGrown = true
        count = min(2 * count, PageRequest.countMax)
    }
}
