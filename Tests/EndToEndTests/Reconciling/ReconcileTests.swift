import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A reconciliation run` {
        /// A gateway that has copied an account of so many customers.
        private func copied(_ count: Int, ratePerSecond: Int = 2_000) async throws -> MirroredShop {
            let mirrored = try await MirroredShop(ratePerSecond: ratePerSecond, customers: count)
            let first = try await mirrored.shop.tollgate("reconcile", "customers")
            #expect(first.exitCode == 0, "\(first.everything)")
            let copied = try mirrored.store().number("SELECT COUNT(*) FROM customers")
            #expect(copied == count)
            return mirrored
        }

        /// Changes the provider behind everybody's back, and gives the ids of what was changed, deleted and made.
        private func plant(_ mirrored: MirroredShop, _ count: Int) throws -> (
            changed: [String], deleted: [String], made: [String]
        ) {
            let sandbox = mirrored.sandbox
            let ids = try sandbox.customers().compactMap { $0["id"] as? String }
            let changed = Array(ids.prefix(count))
            for id in changed {
                let body = #"{"name": "Behind the back", "phone": null}"#
                try sandbox.request("POST /sandbox/customers/\(id)?tell=nothing", body: body)
            }
            let deleted = Array(ids.suffix(count / 4))
            for id in deleted { try sandbox.request("DELETE /sandbox/customers/\(id)?tell=nothing") }
            var made: [String] = []
            try sandbox.fault(#"{"action": "lose_event"}"#)
            for number in 0..<count / 4 {
                let answer = try sandbox.request("POST /v1/customers", body: "name=New+\(number)")
                made.append(answer.members["id"] as? String ?? "")
            }
            return (changed, deleted, made)
        }

        private func found(_ mirrored: MirroredShop) throws -> Set<String> {
            let rows = try mirrored.store().rows(
                """
                SELECT object_type, object_id, field, COALESCE(local_value, '-'), COALESCE(remote_value, '-'), action
                FROM reconciliation_findings
                WHERE run_id = (SELECT MAX(id) FROM reconciliation_runs)
                """
            )
            return Set(rows.map { $0.joined(separator: " ") })
        }

        @Test func `finds what changed behind the back, mends it, and finds nothing more`() async throws {
            let mirrored = try await copied(400)
            let planted = try plant(mirrored, 24)
            let dry = try await mirrored.shop.tollgate("reconcile", "customers", "--dry-run")
            #expect(dry.exitCode == 1, "\(dry.everything)")
            let objects = Set(
                try found(mirrored).compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
            )
            #expect(objects == Set(planted.changed + planted.deleted + planted.made))
            let mended = try await mirrored.shop.tollgate("reconcile", "customers")
            #expect(mended.exitCode == 0, "\(mended.everything)")
            let named = try mirrored.store().number(
                "SELECT COUNT(*) FROM customers WHERE name = 'Behind the back' AND phone IS NULL"
            )
            #expect(named == planted.changed.count)
            let unlinked = try mirrored.store().number(
                "SELECT COUNT(*) FROM objects WHERE state = 'tombstone' AND freshness = 'confirmed'"
            )
            #expect(unlinked == planted.deleted.count)
            let last = try await mirrored.shop.tollgate("reconcile", "customers", "--dry-run")
            #expect(last.exitCode == 0, "\(last.everything)")
            #expect(try found(mirrored).isEmpty)
            // Nothing of it went out.
            #expect(try mirrored.store().number("SELECT COUNT(*) FROM outbox") == 0)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        @Test(arguments: ["dry run", "apply"])
        func `that is killed again and again ends with the findings of an undisturbed one`(mode: String)
            async throws
        {
            let words = ["reconcile", "customers"] + (mode == "apply" ? [] : ["--dry-run"])
            let seed = SeededRandom.seed()
            var random = SeededRandom(seed)
            let (kills, customers) = `End to end`.isLong ? (20, 12_000) : (3, 1_500)
            let mirrored = try await copied(customers)
            let planted = try plant(mirrored, 60)
            // Both runs begin with the very same store.
            #expect(await mirrored.shop.gateway.stop() == 0)
            try mirrored.keepCopy()
            try await mirrored.restart()
            // Slow enough that a kill finds it running.
            let slow = #"{"action": "latency", "ms": 80, "match": {"path": "/v1/customers"}}"#
            try mirrored.sandbox.fault(slow)
            let calm = try await mirrored.shop.tollgate(words)
            #expect(calm.exitCode == (mode == "apply" ? 0 : 1), "\(calm.everything)")
            let (expected, counted) = (try found(mirrored), try counters(mirrored))
            #expect(expected.count >= 60)

            #expect(await mirrored.shop.gateway.stop() == 0)
            try mirrored.putCopyBack()
            try await mirrored.restart()
            let ordered = try await mirrored.shop.tollgate(words + ["--no-wait"])
            #expect(ordered.exitCode == 0, "\(ordered.everything)")
            var killed = 0
            let state = "SELECT state FROM reconciliation_runs ORDER BY id DESC LIMIT 1"
            while killed < kills {
                try await Task.sleep(for: .milliseconds(Int.random(in: 5...60, using: &random)))
                await mirrored.shop.gateway.kill()
                killed += 1
                try await mirrored.restart()
                if try mirrored.store().rows(state) != [["running"]] { break }
            }
            #expect(killed == kills, "seed \(seed): the run was over after \(killed) kills")
            try await eventually("the run ends") { try mirrored.store().rows(state) == [["completed"]] }
            #expect(try found(mirrored) == expected, "seed \(seed), \(killed) kills")
            // It went on where it was: each page is checkpointed once, each object counted once.
            #expect(try counters(mirrored) == counted, "seed \(seed), \(killed) kills")
            try mirrored.sandbox.heal()
            if mode == "apply" {
                let named = "SELECT COUNT(*) FROM customers WHERE name = 'Behind the back' AND phone IS NULL"
                #expect(try mirrored.store().number(named) == planted.changed.count)
                let next = try await mirrored.shop.tollgate("reconcile", "customers", "--dry-run")
                #expect(next.exitCode == 0 && next.output == "", "\(next.everything)")
                #expect(try found(mirrored).isEmpty)
            }
            #expect(await mirrored.shop.gateway.stop() == 0)
        }

        /// Pages and objects that the newest run counted.
        private func counters(_ mirrored: MirroredShop) throws -> [[String]] {
            try mirrored.store().rows(
                """
                SELECT pages, seen, equal, differing, repaired, raced, missing, tombstoned, failed, queued, findings
                FROM reconciliation_runs ORDER BY id DESC LIMIT 1
                """
            )
        }

        @Test func `waits for a provider that is in trouble, and tells what happened`() async throws {
            let mirrored = try await copied(500)
            try mirrored.sandbox.fault(
                #"{"action": "status", "status": 500, "match": {"path": "/v1/customers"}, "times": 3}"#
            )
            let run = try await mirrored.shop.tollgate("reconcile", "customers")
            #expect(run.exitCode == 0, "\(run.everything)")
            let retries = try mirrored.store().number(
                "SELECT retries FROM reconciliation_runs ORDER BY id DESC"
            )
            #expect(retries >= 3)
            #expect(await mirrored.shop.gateway.stop() == 0)
        }
    }
}
