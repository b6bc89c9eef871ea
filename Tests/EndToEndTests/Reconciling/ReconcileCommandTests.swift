import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `Reconciling from the command line` {
        private func edit(_ id: String, _ body: String, _ sandbox: RunningSandbox) throws {
            try sandbox.request("POST /sandbox/customers/\(id)?tell=nothing", body: body)
        }

        private func first(_ count: Int, _ sandbox: RunningSandbox) throws -> [String] {
            let page = try sandbox.request("GET /v1/customers?limit=\(count)").members
            return (page["data"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
        }

        /// The id of the newest run.
        private func newest(_ shop: Shop) async throws -> String {
            let listed = try await shop.tollgate("reconcile", "list", "--limit", "1")
            let line = try #require(listed.output.split(separator: "\n").dropFirst().first)
            return String(try #require(line.split(separator: " ").first))
        }

        @Test func `a dry run tells, applying mends, and the next run finds nothing`() async throws {
            let mirrored = try await MirroredShop(customers: 250)
            let (shop, sandbox) = (mirrored.shop, mirrored.sandbox)
            let imported = try await shop.tollgate("reconcile")
            #expect(imported.exitCode == 0, "\(imported.everything)")
            #expect(imported.diagnostics.contains("250 objects"), "\(imported.everything)")
            #expect(try shop.list("/v1/customers", key: mirrored.key).count == 250)

            let ids = try first(3, sandbox)
            try edit(ids[0], #"{"email": "moved@example.com"}"#, sandbox)
            try edit(ids[1], #"{"metadata": {"plan": "gold"}}"#, sandbox)
            try sandbox.request("DELETE /sandbox/customers/\(ids[2])?tell=nothing")
            let before = try shop.everything(key: mirrored.key)

            let dry = try await shop.tollgate("reconcile", "customers", "--dry-run")
            #expect(dry.exitCode == 1, "\(dry.everything)")
            let lines = dry.output.split(separator: "\n").map(String.init)
            #expect(lines.first?.hasPrefix("OBJECT") == true)
            #expect(lines.count == 4, "\(dry.output)")
            for (id, words) in [
                (ids[0], ["email", "moved@example.com", "would_repair"]),
                (ids[1], ["metadata.plan", "gold", "would_repair"]), (ids[2], ["would_tombstone"]),
            ] {
                let line = try #require(lines.first { $0.contains(id) })
                #expect(words.allSatisfy(line.contains), "\(line)")
            }
            #expect(try shop.everything(key: mirrored.key) == before)

            let run = try await newest(shop)
            let kept = try await shop.tollgate("reconcile", "show", run, "--jsonl")
            let findings = try kept.output.split(separator: "\n").map { line in
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            }
            #expect(kept.exitCode == 0 && findings.count == 3)
            #expect(
                findings.allSatisfy {
                    $0.keys.sorted() == ["action", "field", "id", "local", "object", "remote"]
                }
            )
            #expect(try await shop.tollgate("reconcile", "show", run).exitCode == 1)

            let applied = try await shop.tollgate("reconcile", "customers")
            #expect(applied.exitCode == 0, "\(applied.everything)")
            #expect(applied.output.contains("repaired") && applied.output.contains("tombstoned"))
            let again = try await shop.tollgate("reconcile", "customers")
            #expect(again.exitCode == 0 && again.output == "", "\(again.everything)")
            let one = try await shop.tollgate("reconcile", "--customer", ids[0], "--dry-run", "--json")
            #expect(one.exitCode == 0 && one.output.contains("\"scope\":\"customer\""), "\(one.everything)")
            #expect(await shop.gateway.stop() == 0)

            // Nobody talks to the provider without a server; what was found stays readable.
            let idle = try await shop.tollgate("reconcile")
            #expect(idle.exitCode == 69 && idle.diagnostics.contains("no server runs"))
            #expect(try await shop.tollgate("reconcile", "show", run, "--jsonl").output == kept.output)
            #expect(!shop.gateway.logText.contains("moved@example.com"))
        }

        @Test func `what the provider does not have yet is told, queued, and then no difference any more`()
            async throws
        {
            let mirrored = try await MirroredShop(customers: 20)
            let (shop, sandbox) = (mirrored.shop, mirrored.sandbox)
            let imported = try await shop.tollgate("reconcile", "customers")
            #expect(imported.exitCode == 0, "\(imported.everything)")
            try sandbox.fault(
                #"{"action": "status", "status": 500, "match": {"method": "POST", "path": "/v1/customers"}}"#
            )
            let new = try shop.makeCustomer(#"{"external_id": "u1", "name": "New"}"#, key: mirrored.key)
            let old = try first(1, sandbox)[0]
            let edited = try shop.send(
                "PATCH /v1/customers/\(old)",
                key: mirrored.key,
                body: #"{"name": "Edited"}"#
            )
            #expect(edited.status == 200, "\(edited.body)")

            for (words, action) in [(["--dry-run"], "would_push"), ([], "queued")] {
                let run = try await TollgateProcess.run(
                    ["reconcile", "customers"] + words,
                    in: mirrored.folder.url,
                    environment: MirroredShop.environment
                )
                #expect(run.exitCode == 1, "\(run.everything)")
                let lines = run.output.split(separator: "\n").map(String.init)
                for id in [new, old] {
                    let line = try #require(lines.first { $0.contains(id) }, "\(run.everything)")
                    #expect(line.contains(action))
                }
                // What is owed is shown here all the while, whatever the provider's list says.
                let shown = try shop.get("/v1/customers/\(old)", key: mirrored.key)
                #expect(shown.members["name"] as? String == "Edited")
            }
            try sandbox.heal()
            try await eventually("the outbox is empty") { try mirrored.store().owed() == 0 }
            let again = try await shop.tollgate("reconcile", "customers")
            #expect(again.exitCode == 0 && again.output == "", "\(again.everything)")
            #expect(try sandbox.customers().contains { $0["name"] as? String == "Edited" })
            #expect(await shop.gateway.stop() == 0)
        }

        @Test func `a run goes on behind Ctrl-C and a killed server, and can be held and ended`() async throws
        {
            let mirrored = try await MirroredShop(customers: 1_500)
            let sandbox = mirrored.sandbox
            try sandbox.fault(#"{"action": "latency", "ms": 300, "match": {"path": "/v1/customers"}}"#)
            let left = try await TollgateProcess.run(
                ["reconcile", "customers"],
                in: mirrored.folder.url,
                environment: MirroredShop.environment,
                interruptAfter: .milliseconds(900)
            )
            #expect(left.exitCode == 130, "\(left.everything)")
            #expect(left.diagnostics.contains("the run goes on"))
            let run = try await newest(mirrored.shop)
            #expect(left.diagnostics.contains(run))

            let second = try await mirrored.shop.tollgate("reconcile")
            #expect(second.exitCode == 2 && second.diagnostics.contains(run), "\(second.everything)")
            let held = try await mirrored.shop.tollgate("reconcile", "pause", run)
            #expect(held.output == "\(run): paused\n", "\(held.everything)")
            let watched = try await mirrored.shop.tollgate("reconcile", "show", run, "--follow")
            #expect(watched.exitCode == 2 && watched.diagnostics.contains("resume"), "\(watched.everything)")
            #expect(try await mirrored.shop.tollgate("reconcile", "resume", run).exitCode == 0)
            let pages = "SELECT pages FROM reconciliation_runs"
            try await eventually("some pages are read") { try mirrored.store().number(pages) >= 3 }
            await mirrored.shop.gateway.kill()
            let before = try mirrored.store().number(pages)
            try await mirrored.restart()
            let done = try await mirrored.shop.tollgate("reconcile", "show", run, "--follow")
            #expect(done.exitCode == 0, "\(done.everything)")
            #expect(done.diagnostics.contains("completed"))
            // It went on where it was: at most the pages on their way were asked for again.
            #expect(before >= 3)
            #expect(try mirrored.shop.list("/v1/customers", key: mirrored.key).count == 1_500)

            let other = try await mirrored.shop.tollgate("reconcile", "customers", "--no-wait")
            let id = other.output.trimmingCharacters(in: .newlines)
            #expect(id.hasPrefix("rec_") && id != run)
            #expect(
                try await mirrored.shop.tollgate("reconcile", "cancel", id).output == "\(id): cancelled\n"
            )
            #expect(try await mirrored.shop.tollgate("reconcile", "show", id).exitCode == 2)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        @Test func `rebuilding mends rows that somebody spoilt, whether a server runs or not`() async throws {
            let mirrored = try await MirroredShop(customers: 120)
            let imported = try await mirrored.shop.tollgate("reconcile", "customers")
            #expect(imported.exitCode == 0, "\(imported.everything)")
            let before = try mirrored.shop.everything(key: mirrored.key)
            let clean = try await mirrored.shop.tollgate("rebuild", "--dry-run")
            #expect(clean.exitCode == 0 && clean.output == "", "\(clean.everything)")
            #expect(await mirrored.shop.gateway.stop() == 0)
            try StoreFile.change(
                mirrored.folder.path("shop.db"),
                "UPDATE customers SET name = 'Nobody' WHERE id % 3 = 0"
            )
            let dry = try await mirrored.shop.tollgate("rebuild", "--dry-run")
            #expect(dry.exitCode == 1 && dry.output.contains("name"), "\(dry.everything)")
            #expect(dry.output.contains("  40  "), "\(dry.output)")
            try await mirrored.restart()
            let mended = try await mirrored.shop.tollgate("rebuild", "--json")
            #expect(mended.exitCode == 0 && mended.output.contains("\"differing_rows\":40"))
            let after = try mirrored.shop.everything(key: mirrored.key)
            #expect(after.count == before.count)
            #expect(!after.contains { $0.contains("Nobody") })
            let again = try await mirrored.shop.tollgate("rebuild")
            #expect(again.exitCode == 0 && again.output == "", "\(again.everything)")
        }
    }
}
