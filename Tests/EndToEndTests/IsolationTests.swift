import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `Connections` {
        private static let configuration = """
            {"database": "sqlite:shop.db", "listen": {"public": "127.0.0.1:0", "admin": "127.0.0.1:0"},
             "connections": [
                {"name": "north", "mode": "test", "provider": "stripe", "account": "acct_north"},
                {"name": "south", "mode": "test", "provider": "stripe", "account": "acct_south"},
                {"name": "elsewhere", "site": "elsewhere", "mode": "test", "provider": "stripe"},
                {"name": "live", "mode": "live", "provider": "stripe", "account": "acct_north"}],
             "endpoints": [
                {"name": "north", "connection": "north", "profile": "stripe", "secrets": [{"env": "NORTH"}]},
                {"name": "north-new", "connection": "north", "profile": "stripe", "secrets": [{"env": "NEW"}]},
                {"name": "south", "connection": "south", "profile": "stripe", "secrets": [{"env": "SOUTH"}]},
                {"name": "elsewhere", "connection": "elsewhere", "profile": "stripe",
                 "secrets": [{"env": "ELSEWHERE"}]},
                {"name": "live", "connection": "live", "profile": "stripe", "secrets": [{"env": "LIVE"}]}]}
            """
        private static let secrets = Dictionary(
            uniqueKeysWithValues: ["NORTH", "NEW", "SOUTH", "ELSEWHERE", "LIVE"].map {
                ($0, "whsec_of_\($0)_and_long_enough")
            }
        )

        private func post(
            _ shop: Shop,
            _ body: String,
            to endpoint: String,
            secret: String
        ) throws -> RawConnection.Answer {
            try shop.connection().post(body, to: endpoint, secret: Self.secrets[secret] ?? "")
        }

        private func names(_ customers: [[String: Any]]) -> Set<String> {
            Set(customers.compactMap { $0["name"] as? String })
        }

        @Test func `with the same ids never see each other`() async throws {
            let shop = try await Shop(configuration: Self.configuration, environment: Self.secrets)
            for (endpoint, secret) in [
                ("north", "NORTH"), ("south", "SOUTH"), ("elsewhere", "ELSEWHERE"), ("live", "LIVE"),
            ] {
                for revision in 0...1 {
                    let body = StripeEvent.customer(
                        "cus_same",
                        revision: revision,
                        email: "same@example.com",
                        name: endpoint,
                        isLive: endpoint == "live"
                    )
                    let answer = try post(shop, body, to: endpoint, secret: secret)
                    #expect(answer.body == #"{"received":true,"duplicate":false}"#)
                    // One connection's secret opens no other's endpoint.
                    let other = try post(shop, body, to: endpoint, secret: secret == "NEW" ? "LIVE" : "NEW")
                    #expect(other.status == 401)
                }
            }
            // Two endpoints of one connection know each other's events.
            let again = StripeEvent.customer(
                "cus_same",
                revision: 1,
                email: "same@example.com",
                name: "north"
            )
            #expect(try post(shop, again, to: "north-new", secret: "NEW").body.contains(#""duplicate":true"#))
            try await shop.drained()
            #expect(try shop.store().number("SELECT COUNT(*) FROM inbox WHERE state = 'applied'") == 8)
            #expect(
                try shop.store().number("SELECT COUNT(*) FROM objects WHERE version = 2 OR version = 1") == 4
            )

            let main = try await shop.key()
            let elsewhere = try await shop.key(site: "elsewhere")
            let live = try await shop.key(mode: "live")
            let target = "/v1/customers?provider_id=cus_same"
            #expect(try names(shop.list(target, key: main)) == ["north", "south"])
            #expect(try names(shop.list(target, key: elsewhere)) == ["elsewhere"])
            #expect(try names(shop.list(target, key: live)) == ["live"])
            #expect(try names(shop.list("/v1/customers", key: live)) == ["live"])
            let id = try #require(shop.list(target, key: elsewhere).first?["id"] as? String)
            #expect(try shop.get("/v1/customers/\(id)", key: elsewhere).status == 200)
            #expect(try shop.get("/v1/customers/\(id)", key: main).status == 404)
            #expect(try shop.get("/v1/customers/\(id)", key: live).status == 404)

            let admin = try await shop.key(scopes: "admin", site: "elsewhere")
            let events = try shop.list("/v1/webhook_events", key: admin)
            #expect(events.count == 2)
            #expect(events.allSatisfy { $0["connection"] as? String == "elsewhere" })
            #expect(await shop.gateway.stop() == 0)
        }

        @Test func `get the events of their account, wherever those arrive`() async throws {
            let shop = try await Shop(configuration: Self.configuration, environment: Self.secrets)
            func send(_ id: String, account: String?, isLive: Bool = false, to endpoint: String = "north")
                throws
            {
                let more = account.map { "\"account\":\"\($0)\"," } ?? ""
                let body = StripeEvent.customer(id, revision: 0, name: id, isLive: isLive, more: more)
                let secret = endpoint.uppercased()
                #expect(try post(shop, body, to: endpoint, secret: secret).status == 200)
            }
            try send("cus_own", account: "acct_north")
            try send("cus_none", account: nil)
            try send("cus_south", account: "acct_south")
            try send("cus_unknown", account: "acct_unknown")
            try send("cus_live", account: "acct_north", isLive: true)
            try send("cus_elsewhere", account: "acct_south", to: "elsewhere")
            try await shop.drained()
            let rows = try shop.store().rows(
                """
                SELECT inbox.event_id, connections.name, inbox.endpoint, inbox.state, inbox.reason
                FROM inbox JOIN connections ON connections.id = inbox.connection_id
                ORDER BY inbox.id
                """
            )
            #expect(
                rows == [
                    ["evt_cus_own_0", "north", "north", "applied", "NULL"],
                    ["evt_cus_none_0", "north", "north", "applied", "NULL"],
                    ["evt_cus_south_0", "south", "north", "applied", "NULL"],
                    ["evt_cus_unknown_0", "north", "north", "ignored", "account_not_configured"],
                    ["evt_cus_live_0", "north", "north", "ignored", "livemode_mismatch"],
                    ["evt_cus_elsewhere_0", "south", "elsewhere", "applied", "NULL"],
                ]
            )
            #expect(try shop.metric("tollgate_inbox_ignored_total") == 2)
            #expect(await shop.gateway.stop() == 0)
        }
    }
}
