import Foundation
import Testing

@testable import Lanes

/// Provider_api 3.2 and 3.4 together, pages that are written late included: every interleaving ends at the
/// provider's state, and readers never go back behind a confirmed or chained one.
@Suite struct PageOrderTests {
    typealias Scope = PageOrderModel.Scope

    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"

    static let scopes =
        [
            Scope(edits: 2, lost: 1), Scope(edits: 2, lost: 1, spacing: 0), Scope(edits: 2, crashes: 1),
            Scope(edits: 1, editsHere: true, losses: 1),
            Scope(edits: 1, editsHere: true, losses: 1, spacing: 0),
            Scope(edits: 1, editsHere: true, crashes: 1),
        ]
        + (isLong
            ? [
                Scope(edits: 2, lost: 1, crashes: 1, pauses: 1),
                Scope(edits: 1, editsHere: true, lost: 1, losses: 1, crashes: 1),
                Scope(edits: 2, editsHere: true, losses: 1),
            ] : [])

    @Test(arguments: scopes)
    func `every interleaving ends at the provider's state and shows nothing older than before`(scope: Scope) {
        var model = PageOrderModel(scope)
        let clock = ContinuousClock()
        let began = clock.now
        let findings = model.explore()
        if Self.isLong || ProcessInfo.processInfo.environment["TOLLGATE_TELL"] == "1" {
            let words = "\(scope.testDescription): \(findings), \(clock.now - began)\n"
            FileHandle.standardError.write(Data(words.utf8))
        }
        #expect(findings.areClean, "\(findings)")
        #expect(findings.states > 500 && findings.ends > 0 && findings.raced > 0, "\(findings)")
    }

    @Test func `a page that is shown without a look at later events is noticed`() {
        var rules = ConvergenceRules()
        rules.ignoresLaterEvents = true
        var model = PageOrderModel(Scope(edits: 2), rules)
        let findings = model.explore()
        #expect(findings.backwards > 0, "\(findings)")
    }
}
