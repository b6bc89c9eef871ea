import Foundation
import Testing

@testable import Lanes

/// Provider_api 3.2: under `confirm: always` every interleaving ends at the provider's state and never goes back;
/// what others do does not.
@Suite struct ReadOrderTests {
    typealias Scope = ReadOrderModel.Scope

    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"

    static let scopes =
        [
            Scope(changes: 2, doubled: 1), Scope(changes: 2, doubled: 1, hasPage: true),
            Scope(changes: 1, deletes: true, lost: 1, hasPage: true),
            Scope(changes: 2, lost: 2, hasPage: true, crashes: 1, failures: 1),
            Scope(changes: 2, deletes: true, lost: 1, doubled: 1, hasPage: true, crashes: 1),
        ]
        + (isLong
            ? [
                // More of everything at once takes gigabytes and a quarter of an hour.
                Scope(changes: 3, deletes: true, lost: 1, hasPage: true, crashes: 1),
                Scope(changes: 3, lost: 1, doubled: 1, hasPage: true, failures: 1),
            ] : [])

    @Test(arguments: scopes)
    func `every interleaving ends at the provider's state and never goes back`(scope: Scope) {
        var model = ReadOrderModel(scope, .lanes(.standard))
        let findings = model.explore()
        #expect(findings.diverged == 0 && findings.backwards == 0, "\(findings)")
        #expect(findings.states > 100 && findings.ends > 0, "\(findings)")
    }

    struct Weakness: CustomTestStringConvertible {
        let testDescription: String
        let belief: ReadOrderModel.Belief
        let scope: Scope
        var isOneSecond = false
        /// It goes back; otherwise it ends wrong.
        var goesBack = false
    }

    private static func lanes(_ put: (inout ConvergenceRules) -> Void) -> ReadOrderModel.Belief {
        var rules = ConvergenceRules()
        put(&rules)
        return .lanes(rules)
    }

    static let weaknesses = [
        Weakness(
            testDescription: "the payload of whatever comes",
            belief: .payload,
            scope: Scope(changes: 2)
        ),
        Weakness(
            testDescription: "payloads of later seconds, in one second",
            belief: .payloadBySecond(orEqual: false),
            scope: Scope(changes: 2),
            isOneSecond: true
        ),
        Weakness(
            testDescription: "payloads of later or equal seconds, in one second",
            belief: .payloadBySecond(orEqual: true),
            scope: Scope(changes: 2),
            isOneSecond: true
        ),
        Weakness(
            testDescription: "a late change revives a row that a deletion removed",
            belief: .payloadBySecond(orEqual: true),
            scope: Scope(changes: 1, deletes: true)
        ),
        Weakness(
            testDescription: "payloads beside a page that is stamped when it is written",
            belief: .payloadBySecond(orEqual: false),
            scope: Scope(changes: 1, hasPage: true)
        ),
        Weakness(
            testDescription: "each read is believed when it ends",
            belief: lanes { $0.believesEveryRead = true },
            scope: Scope(changes: 1, hasPage: true)
        ),
        Weakness(
            testDescription: "reads stamped when they end",
            belief: .stampedRead(atStart: false),
            scope: Scope(changes: 2, hasPage: true)
        ),
        Weakness(
            testDescription: "reads stamped when they begin, and a page that misses what is gone",
            belief: .stampedRead(atStart: true),
            scope: Scope(changes: 1, deletes: true, lost: 1, hasPage: true)
        ),
        Weakness(
            testDescription: "reads ordered by their beginnings",
            belief: lanes { $0.ordersByStart = true },
            scope: Scope(changes: 2, hasPage: true),
            goesBack: true
        ),
        Weakness(
            testDescription: "a deletion that does not last",
            belief: lanes {
                $0.revives = true; $0.believesEveryRead = true
            },
            scope: Scope(changes: 1, deletes: true, hasPage: true)
        ),
    ]

    @Test(arguments: weaknesses)
    func `each weakness is noticed`(weakness: Weakness) {
        var model = ReadOrderModel(weakness.scope, weakness.belief, isOneSecond: weakness.isOneSecond)
        let findings = model.explore()
        #expect((weakness.goesBack ? findings.backwards : findings.diverged) > 0, "\(findings)")
    }
}
