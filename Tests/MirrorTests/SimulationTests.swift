import Foundation
import Testing
import Timing

@testable import Mirror

/// Full sizes with TOLLGATE_LONG=1.
private let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
private let seeds: [UInt64] = isLong ? [1, 2, 3] : [1]

struct SimulationTests {
    @Test func `nothing goes wrong when nothing fails`() throws {
        let simulation = try Simulation(Simulation.Options(seed: 1, customers: 5, editsPerCustomer: 4))
        try simulation.run()
        #expect(simulation.violations.isEmpty)
        #expect(simulation.provider.ledger.effects.count <= 20)
    }

    @Test(arguments: seeds)
    func `with a fifth of the answers lost every change has one effect, and the last one stands`(
        seed: UInt64
    ) throws {
        var options = Simulation.Options(seed: seed)
        options.customers = isLong ? 400 : 40
        options.editsPerCustomer = 5
        options.areKnown = false
        options.faults.answerLost = 200
        options.webhooksLost = 100
        options.webhooksDoubled = 100
        let simulation = try Simulation(options)
        try simulation.run()
        #expect(simulation.editsMade == options.customers * 5)
        #expect(simulation.violations.isEmpty, "seed \(seed)")
    }

    @Test(arguments: seeds)
    func `under random faults and kills each object gets its values in order, one call at a time`(
        seed: UInt64
    ) throws {
        var options = Simulation.Options(seed: seed)
        options.customers = isLong ? 50 : 10
        options.editsPerCustomer = isLong ? 200 : 40
        options.editSeconds = isLong ? 900 : 60
        options.ratePerSecond = 20
        options.faultSeconds = options.editSeconds + 100
        options.foreignEdits = 3
        options.faults = SimulatedProvider.Faults(
            answerLost: 100,
            requestLost: 50,
            plainServerError: 30,
            storedServerError: 20,
            keyInUse: 30,
            lockTimeout: 30,
            html: 20
        )
        options.webhooksDoubled = 100
        options.kills = (1..<options.editSeconds / 10).map { $0 * 10 }
        let simulation = try Simulation(options)
        try simulation.run()
        #expect(simulation.inFlightLargest == 1)
        #expect(simulation.violations.isEmpty, "seed \(seed)")
        // The faults were there, or the test shows nothing.
        let results = Set(simulation.statistics.callCounts.map(\.result))
        #expect(
            results.isSuperset(of: [.noAnswer, .serverError, .unresolved, .replayed, .conflict, .unreadable])
        )
    }

    @Test func `an outage drops nothing, is probed twice a minute, and ends calmly`() throws {
        let outageSeconds: Int64 = isLong ? 6 * 3_600 : 1_800
        var options = Simulation.Options(seed: 3)
        options.customers = isLong ? 5_000 : 150
        options.editsPerCustomer = 2
        options.editSeconds = outageSeconds
        options.faultSeconds = outageSeconds
        options.outages = [60..<outageSeconds]
        options.ratePerSecond = 20
        options.limitPerSecond = 25
        options.checksView = false
        let simulation = try Simulation(options)
        try simulation.run()
        #expect(simulation.violations.isEmpty, "seed \(options.seed)")

        let start = Simulation.start.milliseconds
        let times = simulation.provider.ledger.callTimes.map { $0 - start }
        // The breaker needs some failures to see that nobody answers.
        let probes = times.filter { (60_000..<outageSeconds * 1_000).contains($0) }.dropFirst(8)
        #expect(probes.count > outageSeconds / 60)
        #expect(zip(probes, probes.dropFirst()).allSatisfy { $1 - $0 >= 30_000 })

        let after = times.filter { $0 >= outageSeconds * 1_000 }
        var busiest = 0
        for (index, time) in after.enumerated() {
            busiest = max(busiest, after[index...].prefix { $0 < time + 1_000 }.count)
        }
        #expect(busiest <= 22)
        let first = try #require(after.first)
        #expect(after.filter { $0 < first + 2_000 }.count <= 10, "it begins slowly")
        #expect(Double(simulation.provider.ledger.rateLimited) < Double(after.count) * 0.01)
    }

    @Test func `a key is never used when the provider may have forgotten it`() throws {
        let simulation = try Simulation(Self.forgottenKeys)
        try simulation.run()
        #expect(simulation.violations.isEmpty, "seed \(Self.forgottenKeys.seed)")
        #expect(simulation.statistics.callCounts.contains { $0.purpose == "lookup" })
    }

    @Test func `what dies of age although it was done is known from its event`() throws {
        let simulation = try Simulation(Self.deadThoughDone)
        try simulation.run()
        #expect(simulation.violations.isEmpty, "seed \(Self.deadThoughDone.seed)")
    }

    @Test func `a copy of the file never uses a key of the original, and neither makes anything twice`()
        throws
    {
        var options = Simulation.Options(seed: 5)
        options.customers = 30
        options.editsPerCustomer = 4
        options.areKnown = false
        options.faults.answerLost = 300
        options.checksView = false
        let original = try Simulation(options)
        original.prepare()
        try original.advance(until: 150)
        let file = try original.copy()
        let before = original.provider.ledger.keys
        #expect(!before.isEmpty)

        var copied = options
        copied.seed = 6
        copied.editsPerCustomer = 0
        let clone = try Simulation(copied, provider: original.provider, file: file, keyEpoch: 8)
        try clone.kill()
        try clone.advance(until: 400)
        let ofClone = original.provider.ledger.keys.subtracting(before)
        try original.advance(until: nil)
        try clone.advance(until: nil)
        #expect(ofClone.allSatisfy { $0.hasPrefix("tg_8_") })
        #expect(original.provider.ledger.effects.values.allSatisfy { $0 == 1 })
        #expect(original.provider.ledger.createdWithMark.values.allSatisfy { $0 == 1 })
        #expect(try clone.openRows().isEmpty)
    }

    // MARK: Broken on purpose

    /// A day without the provider after answers were lost, and no webhook to tell.
    static var forgottenKeys: Simulation.Options {
        var options = Simulation.Options(seed: 11)
        options.customers = 20
        options.editsPerCustomer = 2
        options.editSeconds = 62
        options.faults.answerLost = 400
        options.pollMilliseconds = 60_000
        options.webhooksLost = 1_000
        options.outages = [62..<26 * 3_600]
        options.checksView = false
        return options
    }

    /// Four days without the provider, whose webhooks still arrive.
    static var deadThoughDone: Simulation.Options {
        var options = Simulation.Options(seed: 12)
        options.customers = 20
        options.editsPerCustomer = 2
        options.editSeconds = 60
        options.faults.answerLost = 400
        options.pollMilliseconds = 60_000
        options.webhookDelay = 4 * 86_400_000...4 * 86_400_000
        options.outages = [62..<75 * 3_600]
        options.checksView = false
        return options
    }

    static var ordinary: Simulation.Options {
        var options = Simulation.Options(seed: 13)
        options.secondsMax = 3_600
        options.customers = 15
        options.editsPerCustomer = 6
        options.foreignEdits = 6
        options.editSeconds = 120
        options.faultSeconds = 150
        options.faults.answerLost = 300
        return options
    }

    @Test(arguments: Ablation.all) func `a weakness put in on purpose is noticed`(ablation: Ablation) throws {
        var found: [String] = []
        for seed in UInt64(20)..<60 where found.isEmpty {
            var options = ablation.options
            options.seed = seed
            let simulation = try Simulation(options)
            try simulation.run()
            found = simulation.violations.filter { $0.contains(ablation.shows) }
        }
        #expect(!found.isEmpty, "nobody noticed: \(ablation)")
    }
}

struct Ablation: Sendable, CustomTestStringConvertible {
    let name: String
    /// In one of the violations.
    let shows: String
    let options: Simulation.Options

    var testDescription: String { name }

    init(
        _ name: String,
        shows: String,
        _ base: Simulation.Options,
        _ change: (inout Simulation.Options) -> Void
    ) {
        self.name = name
        self.shows = shows
        var options = base
        change(&options)
        self.options = options
    }

    static let all = [
        Ablation("a patch settled only by a read that is applied", shows: "stuck", SimulationTests.ordinary) {
            $0.weakness.settlesOnlyWhenApplied = true
            $0.foreignEdits = 40
            $0.webhooksLost = 500
        },
        Ablation("a replayed answer stored as the present state", shows: "after", SimulationTests.ordinary) {
            $0.weakness.believesReplayedAnswers = true
            $0.foreignEdits = 40
            $0.webhooksLost = 500
        },
        Ablation("a patch dropped when it is acknowledged", shows: "shows", SimulationTests.ordinary) {
            $0.weakness.dropsPatchWhenAcknowledged = true
        },
        Ablation("echoes ignored", shows: "dead", SimulationTests.deadThoughDone) {
            $0.weakness.ignoresEchoes = true
        },
        Ablation("unsent edits erased by what comes in", shows: "shows", SimulationTests.ordinary) {
            $0.weakness.inboundErasesEdits = true
            $0.ratePerSecond = 1
        },
        Ablation("a new key for each retry", shows: "keys for", SimulationTests.ordinary) {
            $0.rules.renewsKeyForRetry = true
            $0.editsPerCustomer = 1
        },
        Ablation("keys used for ever", shows: "forgotten", SimulationTests.forgottenKeys) {
            $0.rules.trustsOldKeys = true
        },
    ]
}
