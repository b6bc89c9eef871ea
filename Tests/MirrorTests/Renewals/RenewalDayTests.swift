import Foundation
import Testing

/// Reads are few enough for a busy day (provider_api 3.6), and doubts are short.
@Suite struct RenewalDayTests {
    private static let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
    /// The fifth of the 20 calls a second that a connection has by default.
    private static let readShare = 4.0

    /// As many renewals a second as 100,000 a day.
    private static func options() -> Renewal.Options {
        var options = Renewal.Options()
        options.count = isLong ? 100_000 : 400
        options.span = Int64(options.count) * 864
        return options
    }

    @Test func `a day of 100,000 renewals stays within the share of reads, and no doubt lasts a minute`()
        throws
    {
        let findings = try RenewalDay(Self.options(), readsPerSecond: Self.readShare).run()
        if Self.isLong { FileHandle.standardError.write(Data("\(findings)\n".utf8)) }
        #expect(findings.readsInBusiestMinute <= Int(Self.readShare * 60), "\(findings)")
        #expect(findings.provisional(percentile: 0.99) <= 60_000, "\(findings)")
        #expect(findings.leftProvisional == 0, "\(findings)")
        #expect(!findings.provisional.isEmpty, "\(findings)")
        // The last event of an object, lost, is told by nothing but a run.
        #expect(Double(findings.wrong.count) <= 0.01 * Double(findings.renewals), "\(findings)")
    }

    @Test func `a share that is too small leaves doubts that last`() throws {
        var options = Self.options()
        options.count = 400
        options.lostPerMille = 100
        options.span = Int64(options.count) * 864
        let findings = try RenewalDay(options, readsPerSecond: 0.02).run()
        #expect(
            findings.provisional(percentile: 0.99) > 60_000 || findings.leftProvisional > 0,
            "\(findings)"
        )
    }
}
