import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `The stories in Fixtures` {
        @Test func `end right in any order, and a second run of them changes nothing`() async throws {
            let seed = SeededRandom.seed() % 1_000_000
            let shop = try await Shop()
            let stories = ["Fixtures/scenarios"]
            try await shop.replay(
                stories,
                ["--shuffle", "\(seed)", "--duplicate", "20", "--connections", "4"]
            )
            let key = try await shop.key()
            let first = try shop.everything(key: key)
            try await compareEnds(shop, key, "seed \(seed)")

            try await shop.replay(stories, ["--shuffle", "\(seed + 1)", "--duplicate", "20"])
            let changed = try shop.everything(key: key).symmetricDifference(first)
            #expect(changed == [], "seed \(seed)")
            #expect(try shop.store().number("SELECT COUNT(*) FROM inbox WHERE state = 'dead'") == 0)
            #expect(try shop.metric("tollgate_inbox_anomalies_total") == 0)
            #expect(await shop.gateway.stop() == 0)
            #expect(try shop.store().damage() == [])
        }

        private func compareEnds(_ shop: Shop, _ key: String, _ comment: Comment) async throws {
            let customers = try shop.list("/v1/customers?expand=subscriptions", key: key)
            var found: [String: [String: Any]] = [:]
            for customer in customers {
                if let id = customer["stripe_customer_id"] as? String { found[id] = customer }
            }
            let scenarios = TollgateProcess.repository.appending(path: "Fixtures/scenarios")
            var compared = 0
            for name in try FileManager.default.contentsOfDirectory(atPath: scenarios.path()).sorted() {
                guard
                    let data = FileManager.default.contents(
                        atPath: scenarios.appending(path: "\(name)/expected.json").path()
                    )
                else { continue }
                let expected = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
                for ending in expected["customers"] as? [[String: Any]] ?? [] {
                    let id = try #require(ending["provider_id"] as? String)
                    guard let customer = found[id] else {
                        Issue.record("\(name): \(id) is missing, \(comment)")
                        continue
                    }
                    let differences = Self.differences(customer, from: ending)
                    #expect(differences == [], "\(name): \(id), \(comment)")
                    compared += 1
                }
                for ending in expected["when_configured"] as? [[String: Any]] ?? [] {
                    #expect(found[ending["provider_id"] as? String ?? ""] == nil)
                }
            }
            #expect(compared > 30)
        }

        private static func differences(
            _ customer: [String: Any],
            from ending: [String: Any]
        ) -> [String] {
            var lines: [String] = []
            func compare(_ what: String, _ shown: Any?, _ wanted: Any?) {
                let (shown, wanted) = (text(shown), text(wanted))
                if shown != wanted { lines.append("\(what) is \(shown), and ends as \(wanted)") }
            }
            for name in ["email", "name", "status", "renewal_number", "is_trial"] {
                compare(name, customer[name], ending[name])
            }
            compare("trial_end", (customer["trial_end"] as? String).map(seconds), ending["trial_end"])
            func revenue(_ amounts: Any?) -> [String] {
                (amounts as? [String: Any] ?? [:]).map { "\($0.key) \(text($0.value))" }.filter {
                    !$0.hasSuffix(" 0")
                }.sorted()
            }
            compare(
                "revenue",
                revenue(customer["lifetime_revenue_by_currency"]),
                revenue(ending["lifetime_revenue"])
            )
            var shown: [String: [String: Any]] = [:]
            for subscription in customer["subscriptions"] as? [[String: Any]] ?? [] {
                shown[subscription["billing_id"] as? String ?? "?"] = subscription
            }
            let wanted = ending["subscriptions"] as? [[String: Any]] ?? []
            compare("subscriptions", shown.keys.sorted(), wanted.map { text($0["provider_id"]) }.sorted())
            for subscription in wanted {
                let id = text(subscription["provider_id"])
                guard let own = shown[id] else { continue }
                for name in ["status", "cancel_at_period_end"] {
                    compare("\(id) \(name)", own[name], subscription[name])
                }
                compare(
                    "\(id) current_period_end",
                    (own["current_period_end"] as? String).map(seconds),
                    subscription["current_period_end"]
                )
                let item = (own["items"] as? [[String: Any]])?.first
                compare("\(id) quantity", item?["quantity"], subscription["quantity"])
                compare("\(id) price", item?["price_provider_id"], subscription["price"])
                compare("\(id) product", item?["product_provider_id"], subscription["product"])
            }
            return lines
        }

        private static func text(_ value: Any?) -> String {
            guard let value, !(value is NSNull) else { return "null" }
            return "\(value)"
        }

        private static func seconds(_ time: String) -> Int {
            let formatter = ISO8601DateFormatter()
            formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
            let plain = ISO8601DateFormatter()
            return Int((formatter.date(from: time) ?? plain.date(from: time))?.timeIntervalSince1970 ?? -1)
        }
    }
}
