import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A configuration that cannot be served` {
        private func serve(
            _ folder: TestFolder,
            _ secrets: [String: String] = ["SECRET": StripeEvent.secret]
        ) async throws -> TollgateProcess.Outcome {
            try await TollgateProcess.run(["serve"], in: folder.url, environment: secrets)
        }

        @Test func `is unreadable, or no JSON, or no object`() async throws {
            let folder = try TestFolder()
            let missing = try await serve(folder)
            #expect(missing.exitCode == 78)
            #expect(missing.diagnostics.contains("tollgate.json"))
            // Root may read any file, but nobody reads a folder.
            try FileManager.default.createDirectory(
                atPath: folder.path("tollgate.json"),
                withIntermediateDirectories: true
            )
            #expect(try await serve(folder).exitCode == 78)
            try FileManager.default.removeItem(atPath: folder.path("tollgate.json"))
            for text in [
                "", "{", "[]", "{\"database\": \"sqlite:a.db\",}", "\u{FEFF}{}", "{\"a\": \"canary_x\" 1}",
            ] {
                try folder.write("tollgate.json", text)
                let outcome = try await serve(folder)
                #expect(outcome.exitCode == 78, "\(text)")
                #expect(!outcome.everything.contains("canary"), "\(text)")
            }
        }

        @Test func `tells all that is wrong at once, and no secret`() async throws {
            let folder = try TestFolder()
            try folder.write("short", "canary_7\n")
            try folder.write("empty", "\n")
            try folder.write(
                "tollgate.json",
                """
                {"database": "mysql:canary", "listen": {"public": "127.0.0.1:99999", "admin": 7},
                 "connections": [{"name": "shop", "mode": "tset", "provider": "stripe"}],
                 "endpoints": [
                    {"name": "one", "connection": "shop", "profile": "stripe", "secrets": []},
                    {"name": "two", "connection": "nobody", "profile": "strype", "tolerance_s": 0,
                     "secrets": [{"env": "MISSING"}, {"file": "nowhere"}, {"file": "empty"}, {"env": "EMPTY"}]}],
                 "retention": {"event_bodies_days": 50, "event_ids_days": 45},
                 "limits": {"connections": 1, "sockets": 3}, "log": {"level": "loud"}, "verbose": true}
                """
            )
            let outcome = try await serve(folder, ["EMPTY": ""])
            #expect(outcome.exitCode == 78)
            #expect(outcome.output == "")
            for part in [
                "database", "listen.public", "listen.admin", "mode", "endpoints[0].secrets", "nobody",
                "strype",
                "tolerance_s", "MISSING", "nowhere", "secrets[2]", "secrets[3]", "event_bodies_days",
                "limits.connections", "sockets", "log.level", "verbose",
            ] {
                #expect(outcome.diagnostics.contains(part), "\(part)")
            }
            #expect(!outcome.everything.contains("canary"), "\(outcome.everything)")
            #expect(!FileManager.default.fileExists(atPath: folder.path("shop.db")))
        }

        @Test func `names an address that somebody has`() async throws {
            let shop = try await Shop()
            for listener in ["public", "admin"] {
                let folder = try TestFolder()
                try folder.write(
                    "tollgate.json",
                    RunningGateway.configuration.replacingOccurrences(
                        of: "\"\(listener)\": \"127.0.0.1:0\"",
                        with: "\"\(listener)\": \"127.0.0.1:\(shop.publicPort)\""
                    )
                )
                let outcome = try await serve(folder)
                #expect(outcome.exitCode == 69)
                #expect(
                    outcome.diagnostics.contains("127.0.0.1:\(shop.publicPort)"),
                    "\(outcome.diagnostics)"
                )
                #expect(!outcome.everything.contains("canary"))
                // Nothing is left that would disturb the next start.
                #expect(!FileManager.default.fileExists(atPath: folder.path("shop.db.sock")))
                let next = try await Shop(in: folder)
                #expect(await next.gateway.stop() == 0)
            }
            #expect(await shop.gateway.stop() == 0)
        }

        @Test func `names a store that cannot be opened`() async throws {
            let folder = try TestFolder()
            func outcome(_ path: String) async throws -> TollgateProcess.Outcome {
                try folder.write(
                    "tollgate.json",
                    RunningGateway.configuration.replacingOccurrences(of: "shop.db", with: path)
                )
                return try await serve(folder)
            }
            let nowhere = try await outcome("nowhere/shop.db")
            #expect(nowhere.exitCode == 69)
            #expect(nowhere.diagnostics.contains("nowhere/shop.db"))
            try folder.write("text.db", String(repeating: "This is no database. ", count: 100))
            let text = try await outcome("text.db")
            #expect(text.exitCode == 69)
            #expect(text.diagnostics.contains("text.db"))
        }
    }
}
