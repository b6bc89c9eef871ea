import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `The outbox on the command line` {
        /// Port 9 (discard) of loopback: nobody answers there.
        private static let configuration = """
            {"database": "sqlite:shop.db", "listen": {"public": "127.0.0.1:0", "admin": "127.0.0.1:0"},
             "connections": [{"name": "shop", "mode": "test", "provider": "stripe",
                              "api": {"base_url": "http://127.0.0.1:9", "key": {"env": "KEY"}}}],
             "endpoints": [{"name": "stripe", "connection": "shop", "profile": "stripe",
                            "secrets": [{"env": "SECRET"}]}]}
            """
        private static let providerKey = "sk_test_canaryProvider9"

        private func post(_ shop: Shop, _ target: String, _ body: String, key: String) throws
            -> RawConnection.Answer
        {
            try RawConnection(port: shop.adminPort).request(
                "POST \(target)",
                ["Authorization: Bearer \(key)"],
                body: body
            )
        }

        @Test func `shows what is owed, holds it, and gives it up, whether a server runs or not`()
            async throws
        {
            let shop = try await Shop(
                configuration: Self.configuration,
                environment: ["SECRET": StripeEvent.secret, "KEY": Self.providerKey]
            )
            let key = try await shop.key(scopes: "write")
            let paused = try await shop.tollgate("outbox", "pause", "shop", "--reason", "moving house")
            #expect(paused.exitCode == 0 && paused.output == "shop: paused\n", "\(paused.everything)")

            for number in 1...2 {
                let body = "{\"external_id\":\"u\(number)\",\"email\":\"canary\(number)@example.com\"}"
                let made = try post(shop, "/v1/customers", body, key: key)
                #expect(made.status == 201, "\(made.body)")
            }
            let listed = try await shop.tollgate("outbox", "list", "--connection", "shop")
            #expect(listed.exitCode == 0)
            #expect(listed.output.components(separatedBy: "create_customer").count == 3)
            #expect(listed.diagnostics.contains("shop is paused"))
            #expect(listed.diagnostics.contains("moving house"))
            #expect(!listed.everything.contains("canary"))
            let ids = listed.output.split(separator: "\n").compactMap { line in
                line.split(separator: " ").first.map(String.init).flatMap { $0.hasPrefix("obx_") ? $0 : nil }
            }
            try #require(ids.count == 2)

            let shown = try await shop.tollgate("outbox", "show", ids[0])
            #expect(shown.output.contains("state") && shown.output.contains("queued"))
            #expect(!shown.output.contains("canary"))
            let discarded = try await shop.tollgate("outbox", "discard", ids[0], "obx_nothing")
            #expect(discarded.output == "\(ids[0]): done\n")
            #expect(discarded.exitCode == 1 && discarded.diagnostics.contains("obx_nothing"))
            let wrong = try await shop.tollgate("outbox", "list", "--state", "lost")
            #expect(wrong.exitCode == 64)
            #expect(try await shop.tollgate("outbox", "pause", "nowhere").exitCode == 1)
            #expect(try await shop.tollgate("outbox", "pause").exitCode == 64)
            #expect(await shop.gateway.stop() == 0)

            // Nobody serves: the same words work on the file.
            let offline = try await shop.tollgate("outbox", "list", "--state", "queued", "--json")
            #expect(offline.exitCode == 0 && offline.output.contains(ids[1]))
            #expect(!offline.output.contains(ids[0]))
            let retried = try await shop.tollgate("outbox", "retry", ids[1])
            #expect(retried.output == "\(ids[1]): queued\n")
            #expect(try await shop.tollgate("outbox", "resume", "shop").output == "shop: running\n")
            let acts = try shop.store().rows("SELECT act, actor FROM audit_log ORDER BY id").map { $0[0] }
            #expect(
                acts == [
                    "api_key.create", "connection.pause", "customer.create", "customer.create",
                    "outbox.discard", "outbox.retry", "connection.resume",
                ]
            )
            let log = shop.gateway.logText
            #expect(log.contains("customer.create") && !log.contains("canary"))
        }

        @Test func `is helped with`() async throws {
            let folder = try TestFolder()
            let help = try await TollgateProcess.run(["help", "outbox"], in: folder.url)
            for verb in ["list", "show", "retry", "discard", "pause", "resume"] {
                #expect(help.output.contains("outbox \(verb)"))
            }
        }
    }
}
