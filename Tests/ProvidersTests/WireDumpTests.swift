import BillingModel
import Foundation
import JSON
import Providers
import Testing
import Timing

private let dumpPath = ProcessInfo.processInfo.environment["TOLLGATE_WIRE_DUMP"]

/// Writes requests for `check_with_stripe.py`, which holds them against Stripe's own Python library.
struct WireDumpTests {
    @Test(.enabled(if: dumpPath != nil, "TOLLGATE_WIRE_DUMP names no file"))
    func `requests of drawn operations and reads are written for the official library to judge`() throws {
        var lines: [UInt8] = []
        var count = 0
        func append(_ kind: String, _ request: ProviderRequest) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.field("kind", kind)
            writer.field("method", request.method.rawValue)
            writer.field("path", request.path)
            writer.field("query", request.query)
            writer.field("body", request.body.map { String(decoding: $0, as: UTF8.self) })
            writer.endObject()
            lines += writer.bytes + [UInt8(ascii: "\n")]
            count += 1
        }
        let generator = CallGenerator(random: RandomSource(seed: 1))
        for _ in 0..<2000 {
            let operation = generator.operation().bound { _ in ProviderID("id_1") }
            // What is refused is never sent.
            guard let request = try? StripeCalls.request(for: operation, operationID: "tg_1_7") else {
                continue
            }
            append(operation.kind.rawValue, request)
        }
        let page = PageRequest(.after(ProviderID("x_1")), count: 7)
        let customer = ProviderID("cus_1")
        let types = ["customer.created", "customer.*"]
        let reads: [(String, ProviderRead)] = [
            ("retrieve_customer", .object(.customer, customer)),
            ("list_customers", .customersByEmail("Jo+x@example.com", page: page)),
            ("list_sessions", .checkoutSessions(customer: customer, createdFrom: 5, page: page)),
            ("list_events", .events(createdFrom: 5, types: types, page: page)),
            ("list_subscriptions", .list(.subscription, createdFrom: 5, createdThrough: 9, page: page)),
        ]
        for (kind, read) in reads { append(kind, try StripeCalls.request(for: read)) }
        try Data(lines).write(to: URL(filePath: try #require(dumpPath)))
        #expect(count > 500)
    }
}
