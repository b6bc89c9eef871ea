import Foundation
import Lanes
import Testing

@testable import Reconciler

/// The read budget (provider_api 3.6): what is shown is right in the end, never steps back, and costs few reads.
@Suite struct ConfirmSimulationTests {
    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
    private static let tells = ProcessInfo.processInfo.environment["TOLLGATE_TELL"] == "1"
    private static let histories = isLong ? 20_000 : 400
    private static let atOnce = isLong ? 2_500 : 400

    private func simulate(
        _ seed: UInt64,
        histories: Int = histories,
        _ change: (inout ConfirmSimulation.Options) -> Void
    ) throws -> ConfirmSimulation.Findings {
        var findings = ConfirmSimulation.Findings()
        for part in 0..<max(histories / Self.atOnce, 1) {
            var options = ConfirmSimulation.Options(seed: seed &+ UInt64(part))
            options.histories = min(histories, Self.atOnce)
            change(&options)
            findings += try ConfirmSimulation(options).run()
        }
        // With TOLLGATE_LONG somebody wants to know.
        if Self.isLong || Self.tells {
            FileHandle.standardError.write(Data("seed \(seed): \(findings)\n".utf8))
        }
        return findings
    }

    @Test func `changes far apart of which nothing is lost end right, without a step back, for few reads`()
        throws
    {
        let findings = try simulate(1_000) { _ in }
        #expect(findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
        #expect(findings.readsPerEvent < 0.033, "\(findings)")
    }

    @Test func `changes far apart of which one in a hundred is lost end right for a read in forty events`()
        throws
    {
        let findings = try simulate(2_000) { $0.told.lostPerMille = 10 }
        #expect(findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
        #expect((0.0167...0.0333).contains(findings.readsPerEvent), "\(findings)")
    }

    @Test func `bursts of which a fifth comes half a minute late end right for a read in six events`()
        throws
    {
        let findings = try simulate(3_000) { options in
            options.pages = 0
            options.told.burst = 6_000
            options.told.latePerMille = 200
        }
        #expect(findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
        #expect((0.12...0.24).contains(findings.readsPerEvent), "\(findings)")
    }

    @Test func `bursts of which everything comes half a minute late end right`() throws {
        let findings = try simulate(8_000, histories: min(Self.histories, 2_500)) { options in
            options.told.burst = 6_000
            options.told.delay = 200...30_000
        }
        #expect(findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
    }

    @Test func `whatever loss left wrong, one run mends`() throws {
        let findings = try simulate(4_000) { options in
            options.told.lostPerMille = 200
            options.told.losesTheLast = true
        }
        #expect(!findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
        #expect(findings.notMended.isEmpty, "\(findings)")
    }

    @Test func `values that come back end right as long as nothing is lost`() throws {
        let findings = try simulate(5_000) { options in
            options.told.returns = true
            options.told.burst = 30_000
            options.told.doubledPerMille = 0
        }
        #expect(findings.wrongEnds.isEmpty, "\(findings)")
    }

    @Test func `where everything is confirmed, it is right too, for more reads`() throws {
        let findings = try simulate(6_000, histories: min(Self.histories, 2_500)) { $0.confirm = .always }
        #expect(findings.wrongEnds.isEmpty && findings.stepsBack.isEmpty, "\(findings)")
        #expect(findings.readsPerEvent > 0.5, "\(findings)")
    }

    @Test func `clocks that differ by more than the margin are noticed`() throws {
        let findings = try simulate(7_000, histories: min(Self.histories, 2_500)) { options in
            options.skew = 120_000
            options.pages = 3
            options.told.spacing = 20_000
        }
        #expect(!(findings.wrongEnds + findings.stepsBack).isEmpty, "\(findings)")
    }
}
