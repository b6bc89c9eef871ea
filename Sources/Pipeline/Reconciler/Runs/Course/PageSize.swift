import Providers

/// How many objects a question asks for: fewer once an answer was too large, as long as the step lasts.
struct PageSize: Sendable, Hashable {
    private(set) var count = PageRequest.countMax

    /// Takes half of what was asked for, unless another question led to less already; false when that was one object.
    mutating func halve(asked: Int) -> Bool {
        guard asked > 1 else { return false }
        count = min(count, asked / 2)
        return true
    }
}
