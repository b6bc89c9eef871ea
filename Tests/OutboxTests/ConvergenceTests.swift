import Foundation
import Testing

@testable import Lanes

@Suite struct ConvergenceTests {
    typealias Scope = ConvergenceModel.Scope

    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
    static let scopes =
        [
            Scope(edits: 1, losses: 1, hasPage: true), Scope(edits: 2, losses: 1, hasPage: false),
            Scope(edits: 1, losses: 2, hasPage: false),
            Scope(edits: 1, losses: 1, hasPage: true, crashes: 1),
        ]
        + (isLong
            ? [
                Scope(edits: 2, losses: 1, hasPage: true), Scope(edits: 2, losses: 2, hasPage: true),
                Scope(edits: 2, losses: 1, hasPage: true, crashes: 2),
            ] : [])

    @Test(arguments: scopes)
    func `every interleaving ends at the provider's state and never shows an older one`(scope: Scope) {
        var model = ConvergenceModel(scope)
        let findings = model.explore()
        #expect(findings.areClean, "\(findings)")
        #expect(findings.states > 1_000 && findings.ends > 0, "\(findings)")
    }

    /// A weakness, and what it must lead to: a model that cannot fail proves nothing.
    struct Weakness: CustomTestStringConvertible {
        let testDescription: String
        let put: @Sendable (inout ConvergenceRules) -> Void
        let shows: @Sendable (ConvergenceModel.Findings) -> Int
    }

    static let weaknesses = [
        Weakness(testDescription: "a patch ends only with a read that changed something") {
            $0.settlesOnlyWhenApplied = true
        } shows: {
            $0.stuck
        },
        Weakness(testDescription: "a replayed answer counts as a fresh read") {
            $0.believesReplayedAnswers = true
        } shows: {
            $0.backwards
        },
        Weakness(testDescription: "a patch is dropped when it is acknowledged") {
            $0.dropsPatchWhenAcknowledged = true
        } shows: {
            $0.olderThanAcknowledged
        },
        Weakness(testDescription: "events of our own requests are ignored") {
            $0.ignoresEchoes = true
        } shows: {
            $0.diverged
        },
        Weakness(testDescription: "what comes in overwrites the edit, and requests are built when sent") {
            $0.inboundOverwritesEdits = true
        } shows: {
            $0.wiped
        },
    ]

    @Test(arguments: weaknesses)
    func `each weakness is noticed`(weakness: Weakness) {
        var rules = ConvergenceRules()
        weakness.put(&rules)
        var model = ConvergenceModel(Scope(edits: 1, losses: 1, hasPage: true), rules)
        let findings = model.explore()
        #expect(weakness.shows(findings) > 0, "\(findings)")
    }
}
