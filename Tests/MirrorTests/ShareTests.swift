import Testing

@testable import Mirror

/// Reads and writes of one connection leave each other room.
struct ShareTests {
    private static func calls(_ simulation: Simulation, _ purpose: OutgoingCall.Purpose) -> UInt64 {
        simulation.statistics.callCounts.filter { $0.purpose == purpose.rawValue }.map(\.count).reduce(0, +)
    }

    @Test(arguments: [1, 4, 16])
    func `reads go on while more writes wait than a slow provider takes, and the other way round`(
        inFlightMax: Int
    ) throws {
        var options = Simulation.Options(seed: 61, customers: 60 * inFlightMax, editsPerCustomer: 5)
        options.inFlightMax = inFlightMax
        options.editSeconds = 300
        options.faultSeconds = 300
        options.foreignEdits = 3
        options.checksView = false
        let simulation = try Simulation(options)
        simulation.provider.set(latency: 1_000...2_000)
        simulation.prepare()
        try simulation.advance(until: 250)
        let (reads, writes) = (Self.calls(simulation, .read), Self.calls(simulation, .write))
        #expect(reads >= 12 * inFlightMax)
        #expect(writes >= 60 * inFlightMax)
    }
}
