import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A dead letter` {
        private static let body = #"""
            {"id":"evt_dead","created":1780000000,"type":"customer.subscription.created","data":{"object":\#
            {"id":"sub_dead","object":"subscription","status":5,"customer":"cus_dead"}}}
            """#

        /// State, failed tries and reason of the event.
        private func row(_ shop: Shop) throws -> [String] {
            try #require(
                shop.store().rows("SELECT state, attempts, reason FROM inbox WHERE event_id = 'evt_dead'")
                    .first
            )
        }

        @Test func `dies again when it is retried, and rests when it is discarded`() async throws {
            let shop = try await Shop()
            let connection = try shop.connection()
            #expect(try connection.post(Self.body).status == 200)
            #expect(try connection.post(StripeEvent.customer("cus_fine", revision: 0)).status == 200)
            try await shop.drained()
            let dead = try row(shop)
            #expect(dead[0] == "dead")
            #expect(dead[2].contains("status"))
            // It holds nothing else up.
            #expect(try shop.store().number("SELECT COUNT(*) FROM inbox WHERE state = 'applied'") == 1)
            #expect(try await shop.tollgate("inbox", "list", "--state", "dead").output.contains("evt_dead"))

            for _ in 1...2 {
                let retried = try await shop.tollgate("inbox", "retry", "evt_dead")
                #expect(retried.exitCode == 0)
                #expect(retried.output == "evt_dead: received\n")
                try await shop.drained()
                #expect(try row(shop) == dead)
            }
            // A copy that the provider sends is a duplicate, and wakes nothing.
            #expect(try connection.post(Self.body).body.contains(#""duplicate":true"#))
            #expect(try row(shop) == dead)

            let discarded = try await shop.tollgate("inbox", "discard", "evt_dead")
            #expect(discarded.output == "evt_dead: ignored\n")
            #expect(try row(shop)[0] == "ignored")
            let none = try await shop.tollgate("inbox", "list", "--state", "dead")
            #expect(none.diagnostics.contains("no such events"))
            #expect(try shop.metric("tollgate_inbox_dead") == 0)
            #expect(try await shop.tollgate("inbox", "discard", "evt_dead").exitCode == 1)
            #expect(try await shop.tollgate("inbox", "retry", "evt_dead").exitCode == 1)
            #expect(try await shop.tollgate("inbox", "discard", "evt_cus_fine_0").exitCode == 1)
            #expect(await shop.gateway.stop() == 0)
        }

        @Test func `or any other event may be applied again without effect`() async throws {
            let shop = try await Shop()
            for story in ["05-refunds", "06-customer-deleted", "12-disputes", "10-out-of-order-burst-2020"] {
                try await shop.replay(["Fixtures/scenarios/\(story)"])
            }
            let key = try await shop.key()
            let before = try shop.everything(key: key)
            let logged = try shop.store().rows("SELECT * FROM object_events ORDER BY id")
            let ids = try shop.store().rows("SELECT event_id FROM inbox ORDER BY id").map { $0[0] }
            #expect(ids.count > 50)
            for order in [ids, ids.reversed()] {
                let replayed = try await TollgateProcess.run(
                    ["inbox", "replay"] + order,
                    in: shop.folder.url
                )
                #expect(replayed.exitCode == 0, "\(replayed.diagnostics)")
                try await shop.drained()
                let changed = try shop.everything(key: key).symmetricDifference(before)
                #expect(changed == [])
            }
            #expect(
                try shop.store().rows("SELECT * FROM object_events ORDER BY id") == logged
            )
            #expect(try shop.store().number("SELECT COUNT(*) FROM inbox WHERE state = 'dead'") == 0)
            #expect(await shop.gateway.stop() == 0)
        }
    }
}
