import BillingModel
import Glibc

/// `tollgate-bench bare …`: the bare libcurl loop in a process of its own, so that its memory and CPU are its own.
enum BareCommand {
    static func run(_ arguments: [String]) throws(BenchError) {
        var reader = OptionReader(arguments)
        let port = try reader.integer("port", default: 0, in: 1...65_535)
        let inFlight = try reader.integer("in-flight", default: 64, in: 1...1_024)
        let count = try reader.integer("count", default: 1_000, in: 1...10_000_000)
        let run = UInt64(try reader.integer("run", default: 1, in: 1...Int.max))
        try reader.finish()
        let calls = MirrorCalls(epoch: StoreEpoch(truncating: run))
        var requests: [BareRequest] = []
        requests.reserveCapacity(count)
        for number in 1...count { requests.append(try calls.request(customer: Int64(number), run: run)) }
        let report = try BareLoop(port: UInt16(port), inFlight: inFlight, requests: requests).run()
        _ = Descriptor.writeAll((report.lines + [BareReport.endLine, ""]).joined(separator: "\n"), to: 1)
    }
}
