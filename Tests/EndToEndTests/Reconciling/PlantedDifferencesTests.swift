import Foundation
import TestSupport
import Testing

extension `End to end` {
    /// What the issue of reconciliation promises, word for word, with a real provider behind real sockets.
    @Suite struct `A thousand objects with fifty planted differences` {
        private static let customers = 448
        private static let subscriptions = 200
        private static let sessions = 150

        @Test
        func `fifty are found with nothing written, fifty mended by one run, and none found by the next`()
            async throws
        {
            let mirrored = try await MirroredShop(customers: Self.customers)
            let (shop, sandbox) = (mirrored.shop, mirrored.sandbox)
            try sandbox.fault(#"{"action": "lose_event"}"#)
            let account = try fill(sandbox)
            let imported = try await shop.tollgate("reconcile")
            #expect(imported.exitCode == 0, "\(imported.everything)")
            let living = "SELECT COUNT(*) FROM objects WHERE state = 'live'"
            #expect(try mirrored.store().number(living) == 1_000)
            let planted = try plant(account, mirrored)
            #expect(Set(planted.all).count == 50)

            let before = try written(mirrored)
            let dry = try await shop.tollgate("reconcile", "--dry-run")
            #expect(dry.exitCode == 1, "\(dry.everything)")
            #expect(try found(mirrored) == Set(planted.all), "\(dry.everything)")
            #expect(try written(mirrored) == before)

            let applied = try await shop.tollgate("reconcile")
            // What the provider still refuses is queued, and told.
            #expect(applied.exitCode == 1, "\(applied.everything)")
            #expect(try found(mirrored) == Set(planted.all), "\(applied.everything)")
            try expectMended(planted, mirrored)

            try sandbox.heal()
            try await eventually("the outbox is empty") { try mirrored.store().owed() == 0 }
            try await shop.drained()
            let last = try await shop.tollgate("reconcile", "--dry-run")
            #expect(last.exitCode == 0 && last.output == "", "\(last.everything)")
            #expect(try found(mirrored).isEmpty)
            try expectCarried(planted, mirrored)
            #expect(await shop.gateway.stop() == 0)
        }

        // MARK: The account

        private struct Account {
            var customers: [String]
            var subscriptions: [String] = []
            var invoices: [String] = []
            var sessions: [String] = []
        }

        /// A product, a price, and customers of whom some have a subscription with its invoice, or a session.
        private func fill(_ sandbox: RunningSandbox) throws -> Account {
            var account = Account(customers: try sandbox.customers().compactMap { $0["id"] as? String })
            func make(_ path: String, _ form: String) throws -> String {
                try #require(try sandbox.request("POST /v1/\(path)", body: form).members["id"] as? String)
            }
            let price = try make(
                "prices",
                "currency=eur&unit_amount=1500&recurring[interval]=month&product_data[name]=Plan"
            )
            for customer in account.customers.prefix(Self.subscriptions) {
                let form = "customer=\(customer)&trial_period_days=30&items[0][price]=\(price)"
                let answer = try sandbox.request("POST /v1/subscriptions", body: form)
                account.subscriptions.append(try #require(answer.members["id"] as? String))
                account.invoices.append(try #require(answer.members["latest_invoice"] as? String))
            }
            for customer in account.customers.prefix(Self.sessions) {
                let form =
                    "mode=subscription&customer=\(customer)&line_items[0][price]=\(price)&success_url=https://x"
                account.sessions.append(try make("checkout/sessions", form))
            }
            return account
        }

        // MARK: The differences

        /// Ids of the provider's objects, and of ours where only we have one.
        private struct Planted {
            var renamed: [String] = []
            var made: [String] = []
            var deleted: [String] = []
            var vanished: [String] = []
            var stale: [String] = []
            var expired: [String] = []
            var edited: [String] = []
            var onlyHere: [String] = []

            var all: [String] {
                renamed + made + deleted + vanished + stale + expired + edited + onlyHere
            }
        }

        private func plant(_ account: Account, _ mirrored: MirroredShop) throws -> Planted {
            let (shop, sandbox, key) = (mirrored.shop, mirrored.sandbox, mirrored.key)
            var planted = Planted()
            func lay(_ body: String, over id: String) throws {
                try sandbox.request("POST /sandbox/customers/\(id)?tell=nothing", body: body)
            }
            planted.renamed = Array(account.customers.prefix(11))
            for id in planted.renamed { try lay(#"{"name": "Dashboard"}"#, over: id) }
            for number in 0..<8 {
                let answer = try sandbox.request("POST /v1/customers", body: "name=New+\(number)")
                planted.made.append(try #require(answer.members["id"] as? String))
            }
            planted.deleted = Array(account.customers.suffix(6))
            // Some of the provider's objects leave a mark, some nothing at all.
            planted.vanished = Array(account.sessions.suffix(5))
            for id in planted.deleted + planted.vanished {
                try sandbox.request("DELETE /sandbox/customers/\(id)?tell=nothing")
            }
            planted.stale = Array(account.subscriptions.prefix(8))
            for id in planted.stale { try lay(try renewed(id, sandbox), over: id) }
            planted.expired = Array(account.sessions.prefix(6))
            for id in planted.expired { try lay(#"{"status": "expired", "url": null}"#, over: id) }

            try sandbox.fault(
                #"{"action": "status", "status": 500, "match": {"method": "POST", "path": "/v1/customers"}}"#
            )
            planted.edited = Array(account.customers[300..<305])
            for id in planted.edited {
                let edit = try shop.send("PATCH /v1/customers/\(id)", key: key, body: #"{"name": "Ours"}"#)
                #expect(edit.status == 200, "\(edit.body)")
            }
            planted.onlyHere = [
                try shop.makeCustomer(#"{"external_id": "u1", "name": "Only here"}"#, key: key)
            ]
            return planted
        }

        /// A patch that gives the subscription's item its next period.
        private func renewed(_ subscription: String, _ sandbox: RunningSandbox) throws -> String {
            let shown = try sandbox.request("GET /v1/subscriptions/\(subscription)").members
            var items = try #require(shown["items"] as? [String: Any])
            var rows = try #require(items["data"] as? [[String: Any]])
            let end = try #require(rows[0]["current_period_end"] as? Int)
            rows[0]["current_period_start"] = end
            rows[0]["current_period_end"] = end + 2_592_000
            items["data"] = rows
            let patch = try JSONSerialization.data(withJSONObject: ["items": items])
            return String(decoding: patch, as: UTF8.self)
        }

        // MARK: What is seen

        /// Ids of the objects that the newest run has findings of.
        private func found(_ mirrored: MirroredShop) throws -> Set<String> {
            let rows = try mirrored.store().rows(
                """
                SELECT DISTINCT object_id FROM reconciliation_findings
                WHERE run_id = (SELECT MAX(id) FROM reconciliation_runs)
                """
            )
            return Set(rows.compactMap(\.first))
        }

        /// All that a run could have written but its own tables.
        private func written(_ mirrored: MirroredShop) throws -> [[String]] {
            let store = try mirrored.store()
            return try store.rows(
                "SELECT id, provider_id, state, freshness, version FROM objects ORDER BY id"
            )
                + store.rows("SELECT id, version, name, email, phone FROM customers ORDER BY id")
                + store.rows("SELECT id, version, status FROM subscriptions ORDER BY id")
                + store.rows("SELECT id, version, status FROM checkout_sessions ORDER BY id")
                + store.rows("SELECT id, kind FROM outbox ORDER BY id")
                + store.rows("SELECT id, version, status FROM invoices ORDER BY id")
                + store.rows("SELECT COUNT(*) FROM object_documents")
                + store.rows("SELECT COUNT(*) FROM lane_objects")
        }

        private func expectMended(_ planted: Planted, _ mirrored: MirroredShop) throws {
            let store = try mirrored.store()
            func objects(_ ids: [String], _ condition: String) throws -> Int {
                let list = ids.map { "'\($0)'" }.joined(separator: ", ")
                return try store.number(
                    "SELECT COUNT(*) FROM objects o WHERE o.provider_id IN (\(list)) AND \(condition)"
                )
            }
            let gone = planted.deleted + planted.vanished
            #expect(try objects(gone, "o.state = 'tombstone' AND o.freshness = 'confirmed'") == gone.count)
            #expect(try objects(planted.made, "o.state = 'live'") == planted.made.count)
            let expired = "o.id IN (SELECT id FROM checkout_sessions WHERE status = 'expired')"
            #expect(try objects(planted.expired, expired) == planted.expired.count)
            let names = try store.number("SELECT COUNT(*) FROM customers WHERE name = 'Dashboard'")
            #expect(names == planted.renamed.count)
            for id in planted.stale {
                let shown = try mirrored.shop.get("/v1/subscriptions/\(id)", key: mirrored.key).members
                let there = try mirrored.sandbox.request("GET /v1/subscriptions/\(id)").members
                let row = ((there["items"] as? [String: Any])?["data"] as? [[String: Any]])?.first
                let end = try #require(row?["current_period_end"] as? Int)
                #expect(try text(shown["current_period_end"]) == text(end), "\(shown)")
            }
            // Ours win where they are owed.
            for id in planted.edited {
                let shown = try mirrored.shop.get("/v1/customers/\(id)", key: mirrored.key).members
                #expect(shown["name"] as? String == "Ours")
            }
        }

        /// A time as the API writes it, from Unix seconds or from itself.
        private func text(_ value: Any?) throws -> String {
            if let text = value as? String { return text }
            let seconds = try #require(value as? Int)
            return Date(timeIntervalSince1970: TimeInterval(seconds)).ISO8601Format()
        }

        private func expectCarried(_ planted: Planted, _ mirrored: MirroredShop) throws {
            let there = try mirrored.sandbox.customers()
            func named(_ name: String) -> Set<String> {
                Set(there.filter { $0["name"] as? String == name }.compactMap { $0["id"] as? String })
            }
            #expect(named("Ours") == Set(planted.edited))
            #expect(named("Only here").count == 1)
            // What somebody changed in the dashboard was taken, and never put back.
            #expect(named("Dashboard") == Set(planted.renamed))
        }
    }
}
