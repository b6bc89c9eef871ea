import CSQLite
import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A clone of the store` {
        @Test func `never uses a key of the original`() async throws {
            let mirrored = try await MirroredShop()
            let (shop, sandbox, key) = (mirrored.shop, mirrored.sandbox, mirrored.key)
            for name in ["ada", "bob", "cyd"] {
                _ = try shop.makeCustomer(
                    #"{"external_id":"\#(name)","email":"\#(name)@example.com"}"#,
                    key: key
                )
            }
            try await eventually("all are synced") { try shop.store().owed() == 0 }

            // Changes whose outcome nobody here knows when the copy is made: they were carried out.
            try sandbox.fault(
                #"{"action": "lose_answer", "match": {"method": "POST", "path": "/v1/customers"}}"#
            )
            // Nor may an event tell it, which names the key.
            try sandbox.fault(#"{"action": "drop_webhook"}"#)
            for name in ["ada", "bob"] {
                let patch = try shop.send("PATCH /v1/customers/\(name)", key: key, body: #"{"name":"Sent"}"#)
                #expect(patch.status == 200)
            }
            try await eventually("both were sent") {
                try shop.store().number(
                    "SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND key_attempts >= 1 AND outcome IS NOT NULL"
                ) == 2
            }
            let copy = try TestFolder()
            try Self.copy(mirrored.folder.path("shop.db"), to: copy.path("shop.db"))
            let originalKeys = Set(try sandbox.effects().byKey.keys)

            // Only the clone runs now: whatever key arrives is its own.
            await shop.gateway.kill()
            try sandbox.heal()
            try sandbox.request("DELETE /sandbox/effects")
            let clone = try await Shop(
                in: copy,
                configuration: MirroredShop.configuration(sandbox.url, publicPort: try FreePort.find()),
                environment: MirroredShop.environment
            )
            try await eventually("the clone has settled what was sent") { try clone.store().owed() == 0 }
            #expect(try sandbox.effects().number("replays") == 0, "the clone sent a key of the original")
            #expect(try sandbox.effects().byKey.isEmpty, "what was carried out was done again")

            // Now both, each with changes of its own.
            try await mirrored.restart()
            let original = mirrored.shop
            for round in 1...5 {
                for (gateway, who) in [(clone, "clone"), (original, "original")] {
                    let patch = try gateway.send(
                        "PATCH /v1/customers/cyd",
                        key: key,
                        body: #"{"metadata":{"\#(who)":"\#(round)"}}"#
                    )
                    #expect(patch.status == 200, "\(patch.body)")
                }
                _ = try clone.makeCustomer(
                    #"{"external_id":"c\#(round)","email":"c\#(round)@clone.example"}"#,
                    key: key
                )
                _ = try original.makeCustomer(
                    #"{"external_id":"o\#(round)","email":"o\#(round)@original.example"}"#,
                    key: key
                )
                for gateway in [clone, original] {
                    try await eventually("round \(round) is settled") { try gateway.store().owed() == 0 }
                }
            }
            let effects = try sandbox.effects()
            #expect(effects.number("effects_per_key_max") == 1)
            #expect(effects.byStatus.keys.allSatisfy { $0 == "200" }, "\(effects.byStatus)")
            let keys = Set(effects.byKey.keys)
            #expect(keys.isDisjoint(with: originalKeys))
            // Operation numbers of one range, different epochs: that is what kept them apart.
            var epochs: [String: Set<String>] = [:]
            for key in keys.union(originalKeys) {
                let parts = key.split(separator: "_").map(String.init)
                epochs[parts[1], default: []].insert(parts[2])
            }
            #expect(epochs.count == 2, "\(epochs)")
            // Numbers are drawn from a sequence that reads draw from, too, so not every one is met by both.
            let numbers = epochs.values.map { $0.compactMap { Int($0) } }
            if numbers.count == 2, let first = numbers[0].min(), let second = numbers[1].min() {
                #expect(
                    numbers[0].contains { $0 > second } && numbers[1].contains { $0 > first },
                    "\(epochs)"
                )
            }
            let theirs = try sandbox.customers()
            #expect(theirs.count == 13)
            let cyd = theirs.first { $0["email"] as? String == "cyd@example.com" }
            let metadata = cyd?["metadata"] as? [String: Any]
            #expect(metadata?["clone"] as? String == "5" && metadata?["original"] as? String == "5")
            for gateway in [clone, original] { #expect(await gateway.gateway.stop() == 0) }
        }

        /// As `sqlite3 shop.db ".backup copy.db"`, while the gateway runs.
        private static func copy(_ path: String, to copy: String) throws {
            var (from, to): (OpaquePointer?, OpaquePointer?)
            defer {
                sqlite3_close_v2(from)
                sqlite3_close_v2(to)
            }
            guard sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY, nil) == SQLITE_OK,
                sqlite3_open(copy, &to) == SQLITE_OK,
                let backup = sqlite3_backup_init(to, "main", from, "main")
            else { throw StoreFile.Failure(message: "no backup of \(path)") }
            sqlite3_busy_timeout(from, 10_000)
            let code = sqlite3_backup_step(backup, -1)
            guard sqlite3_backup_finish(backup) == SQLITE_OK, code == SQLITE_DONE else {
                throw StoreFile.Failure(message: "backup: \(code)")
            }
        }
    }
}
