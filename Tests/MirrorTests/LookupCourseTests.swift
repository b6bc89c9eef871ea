import BillingModel
import Database
import DatabaseSQLite
import HTTPClient
import Outbox
import Testing
import Threading
import Timing

@testable import Mirror

/// Operations whose fate or object is first looked for at the provider.
struct LookupCourseTests {
    @Test func `a creation that was never tried does not die of age at its first try`() throws {
        var options = Simulation.ofOneCustomer(51)
        options.editsPerCustomer = 1
        options.customers = 3
        options.editSeconds = 1
        options.pollMilliseconds = 600_000
        let simulation = try Simulation(options)
        try simulation.pause()
        simulation.prepare()
        try simulation.advance(until: 4 * 86_400)
        #expect(simulation.provider.ledger.calls == 0)
        let failures = Lock(6)
        simulation.provider.script { _ in
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            return fails ? HTTPClientResponse(status: 503, headers: [], body: []) : nil
        }
        try simulation.resume()
        try simulation.advance(until: nil)
        #expect(simulation.alerts(.deadLetter) == 0)
        try simulation.checkEnd()
        #expect(simulation.violations.isEmpty)
    }

    @Test func `a creation that fails for three days since its first try dies`() throws {
        var options = Simulation.ofOneCustomer(52)
        options.editsPerCustomer = 1
        options.editSeconds = 1
        options.pollMilliseconds = 600_000
        let simulation = try Simulation(options)
        simulation.provider.script { _ in
            let body = #"{"error":{"type":"invalid_request_error","code":"lock_timeout"}}"#
            return HTTPClientResponse(status: 409, headers: [], body: Array(body.utf8))
        }
        simulation.prepare()
        try simulation.advance(until: 2 * 86_400)
        #expect(simulation.alerts(.deadLetter) == 0)
        try simulation.advance(until: 4 * 86_400)
        #expect(simulation.alerts(.deadLetter) == 1)
    }
}
