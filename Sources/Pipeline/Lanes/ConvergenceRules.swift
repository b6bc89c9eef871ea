/// The rules that make reads and writes converge, each of which a test can switch off: the ablations of
/// provider_api 3.2 and 3.4. Only tests can make another value than `standard`.
package struct ConvergenceRules: Sendable, Hashable {
    /// Weakness: an acknowledged patch ends only with a read that changed the confirmed state.
    var settlesOnlyWhenApplied = false
    /// Weakness: a replayed answer, which is the first execution's body, counts as a fresh read.
    var believesReplayedAnswers = false
    /// Weakness: a patch is no longer shown once the provider acknowledged it.
    var dropsPatchWhenAcknowledged = false
    /// Weakness: events of our own requests change nothing.
    var ignoresEchoes = false
    /// Weakness: what comes in overwrites what was edited here, and requests are built from that when sent.
    var inboundOverwritesEdits = false

    /// Weakness: each read is believed when it ends, whatever began before it.
    var believesEveryRead = false
    /// Weakness: reads are ordered by their beginnings, though they may overlap.
    var ordersByStart = false
    /// Weakness: a deletion does not last.
    var revives = false

    /// Weakness: what a page shows is shown to readers, whatever events were received after it was asked for.
    package var ignoresLaterEvents = false

    package static let standard = ConvergenceRules()

    init() {}
}
