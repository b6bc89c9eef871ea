/// How a run ends whose steps are all done, or that cannot go on.
struct RunEnding: Sendable, Hashable {
    let state: RunState
    /// Nil when it is completed.
    let reason: String?

    /// Everything was read: whether all of it could be resolved.
    static func afterLastStep(_ counters: RunCounters) -> RunEnding {
        guard counters.failed > 0 else { return RunEnding(state: .completed, reason: nil) }
        let noun = counters.failed == 1 ? "object" : "objects"
        return RunEnding(
            state: .incomplete,
            reason: "\(counters.failed) \(noun) could not be compared, asked for or written"
        )
    }

    static func refused(_ words: String) -> RunEnding {
        RunEnding(state: .failed, reason: "the provider refuses: \(words)")
    }

    /// None of our objects is known there.
    static func foreignAccount(_ count: Int, _ type: String) -> RunEnding {
        RunEnding(
            state: .failed,
            reason: "the provider lists none of the \(count) \(type) objects that are here: "
                + "nothing was buried, because the key may be of another account"
        )
    }

    /// None of those that were asked for by themselves is known there.
    static func foreignAccount(asked count: Int) -> RunEnding {
        RunEnding(
            state: .failed,
            reason: "the provider knows none of \(count) customers that are here: "
                + "nothing was buried, because the key may be of another account"
        )
    }

    static func endless(_ type: String) -> RunEnding {
        exhausted("a list of \(type) objects shows the same page again and again")
    }

    static func tooLarge(_ type: String) -> RunEnding {
        exhausted("the list of \(type) objects cannot be read: one of them is larger than an answer may be")
    }

    static func exhausted(_ words: String) -> RunEnding {
        RunEnding(state: .incomplete, reason: words)
    }
}
