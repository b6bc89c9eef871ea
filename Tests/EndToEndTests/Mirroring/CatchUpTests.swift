import CSQLite
import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `Webhooks that never came` {
        private static let dropAll = #"{"action": "drop_webhook", "match": {"event": "*"}}"#

        /// What the application sees of customers that the provider has: their names by its ids.
        private func shown(_ mirrored: MirroredShop) throws -> [String: String] {
            var names: [String: String] = [:]
            for customer in try mirrored.shop.list("/v1/customers", key: mirrored.key) {
                let sync = customer["sync"] as? [String: Any]
                guard let id = customer["stripe_customer_id"] as? String,
                    sync?["state"] as? String != "missing"
                else { continue }
                names[id] = customer["name"] as? String ?? ""
            }
            return names
        }

        /// Waits until these customers have these names; nil for one that is gone.
        private func arrived(_ expected: [String: String?], _ mirrored: MirroredShop) async throws {
            var wrong = ["nobody looked"]
            for _ in 0..<100 where !wrong.isEmpty {
                try await Task.sleep(for: .milliseconds(100))
                let names = try shown(mirrored)
                wrong = expected.filter { names[$0.key] != $0.value }
                    .map { "\($0.key): \(names[$0.key] ?? "none") for \($0.value ?? "none")" }
            }
            #expect(wrong.isEmpty)
        }

        private func catchUp(_ mirrored: MirroredShop) async throws -> [String: Any] {
            let admin = try await mirrored.shop.key(scopes: "admin")
            let connection = try mirrored.shop.get("/v1/connections/shop", key: admin)
            return connection.members["catch_up"] as? [String: Any] ?? [:]
        }

        private func isLookedThrough(_ mirrored: MirroredShop) throws -> Bool {
            try mirrored.store().number(
                "SELECT COUNT(*) FROM catch_up_positions WHERE seen_through > 0 AND looking_since IS NULL"
            ) == 1
        }

        /// Customers made at the provider, in its dashboard or by another program.
        private func make(_ count: Int, named name: String, _ sandbox: RunningSandbox) throws -> [String] {
            try (0..<count).map { number in
                let made = try sandbox.request("POST /v1/customers", body: "name=\(name)+\(number)")
                return try #require(made.members["id"] as? String)
            }
        }

        @Test func `while the gateway was down arrive after its start, also when that is killed halfway`()
            async throws
        {
            let mirrored = try await MirroredShop()
            let sandbox = mirrored.sandbox
            let before = try make(2, named: "Before", sandbox)
            try await eventually("the first ones are there") { try shown(mirrored).count == 2 }
            try await eventually("the first look is over") { try isLookedThrough(mirrored) }
            await mirrored.shop.gateway.kill()

            try sandbox.fault(Self.dropAll)
            let made = try make(330, named: "Lost", sandbox)
            try sandbox.request("POST /sandbox/customers/\(made[7])", body: #"{"name": "Edited"}"#)
            try sandbox.request("DELETE /sandbox/customers/\(before[0])")
            try sandbox.heal()
            // Four pages; each waits, so that the kill meets one of them.
            try sandbox.fault(#"{"action": "latency", "ms": 400, "match": {"path": "/v1/events"}}"#)
            try await mirrored.restart()
            try await eventually("a first page is stored") {
                try mirrored.store().number("SELECT COUNT(*) FROM inbox WHERE endpoint = '/v1/events'") > 0
            }
            await mirrored.shop.gateway.kill()
            let halfway = try mirrored.store().number(
                "SELECT COUNT(*) FROM inbox WHERE endpoint = '/v1/events'"
            )
            #expect(halfway < 332)
            try sandbox.heal()
            try await mirrored.restart()
            var expected: [String: String?] = [before[0]: nil, before[1]: "Before 1"]
            for (number, id) in made.enumerated() { expected[id] = number == 7 ? "Edited" : "Lost \(number)" }
            try await arrived(expected, mirrored)

            let rows = try mirrored.store().rows(
                "SELECT COUNT(*), COUNT(DISTINCT event_id) FROM inbox WHERE endpoint = '/v1/events'"
            )
            #expect(rows == [["332", "332"]])
            try await eventually("the look is over") { try isLookedThrough(mirrored) }
            let told = try await catchUp(mirrored)
            // A page that was stored just before the kill may be counted to nobody.
            let counted = try #require(told["events_found_last"] as? Int)
            #expect((332 - halfway...332).contains(counted))
            #expect(told["gap"] is NSNull && told["trouble"] is NSNull)
            #expect(
                mirrored.shop.gateway.logText.contains(
                    "events that no webhook had brought were taken from the provider's list"
                )
            )
            let found = #"tollgate_catch_up_events_total{connection="shop",result="found"}"#
            #expect(try mirrored.shop.metric(found) == 332 - halfway)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        @Test func `during an outage arrive when the connection works again, without a restart`() async throws
        {
            let mirrored = try await MirroredShop()
            let sandbox = mirrored.sandbox
            let made = try make(4, named: "Known", sandbox)
            try await eventually("the first ones are there") { try shown(mirrored).count == 4 }
            try await eventually("the first look is over") { try isLookedThrough(mirrored) }

            try sandbox.fault(Self.dropAll)
            try sandbox.fault(#"{"action": "lose_request", "match": {"path": "/v1/"}}"#)
            try sandbox.request("POST /sandbox/customers/\(made[0])", body: #"{"name": "Edited"}"#)
            try sandbox.request("DELETE /sandbox/customers/\(made[1])")
            // What is done here meanwhile is how the outage is noticed.
            for number in 0..<12 {
                _ = try mirrored.shop.makeCustomer(
                    #"{"external_id": "u\#(number)", "name": "Here \#(number)"}"#,
                    key: mirrored.key
                )
            }
            let open = #"tollgate_mirror_breaker{connection="shop",state="open"}"#
            try await eventually("the breaker opens") { try mirrored.shop.metric(open) == 1 }
            #expect(try shown(mirrored)[made[0]] == "Known 0")
            try sandbox.heal()
            try await arrived([made[0]: "Edited", made[1]: nil, made[2]: "Known 2"], mirrored)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        @Test func `for longer than the provider lists its events start a run, and that is said`()
            async throws
        {
            let mirrored = try await MirroredShop()
            _ = try make(1, named: "Known", mirrored.sandbox)
            try await eventually("the first one is there") { try shown(mirrored).count == 1 }
            try await eventually("the first look is over") { try isLookedThrough(mirrored) }
            #expect(await mirrored.shop.gateway.stop() == 0)
            try age(mirrored.folder.path("shop.db"), days: 40)
            try await mirrored.restart()
            try await eventually("a run is started") {
                try mirrored.store().number(
                    "SELECT COUNT(*) FROM reconciliation_runs WHERE started_by = 'gap' AND scope = 'all'"
                ) == 1
            }
            let gap = try #require(try await catchUp(mirrored)["gap"] as? [String: Any])
            #expect((gap["reconciliation_id"] as? String)?.hasPrefix("rec_") == true)
            let log = mirrored.shop.gateway.logText
            #expect(log.contains("events were missed that the provider lists no more"))
            #expect(log.contains("a run was started for missed events"))
            #expect(try mirrored.shop.metric(#"tollgate_catch_up_gaps_total{connection="shop"}"#) == 1)
            // Once said, it is not said again.
            try await eventually("the look is over") { try isLookedThrough(mirrored) }
            await mirrored.shop.gateway.kill()
            try await mirrored.restart()
            try await eventually("another look is over") {
                try mirrored.shop.metric(
                    #"tollgate_catch_up_looks_total{connection="shop",result="complete"}"#
                ) == 1
            }
            #expect(try mirrored.store().number("SELECT COUNT(*) FROM reconciliation_runs") == 1)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        /// As if the gateway had been away for so long.
        private func age(_ path: String, days: Int) throws {
            var handle: OpaquePointer?
            try #require(sqlite3_open(path, &handle) == SQLITE_OK)
            defer { sqlite3_close_v2(handle) }
            let code = sqlite3_exec(
                handle,
                """
                UPDATE catch_up_positions
                SET seen_through = seen_through - \(days) * 86400000, event_second = event_second - \(days) * 86400
                """,
                nil,
                nil,
                nil
            )
            #expect(code == SQLITE_OK)
        }
    }
}
