import Foundation
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A run on schedule` {
        private static let state = "SELECT state FROM reconciliation_runs ORDER BY id DESC LIMIT 1"

        /// A start leaves a minute before the first run on schedule, so this takes some.
        @Test(.enabled(if: isLong, "waits for whole minutes"))
        func `begins by itself, goes on behind a stop, and comes again when its hours are over`() async throws
        {
            let mirrored = try await MirroredShop(
                customers: 12_000,
                more: #", "reconcile": {"scope": "customers", "every_h": 1, "jitter_min": 0}"#
            )
            // Slow enough to be met in its middle.
            try mirrored.sandbox.fault(
                #"{"action": "latency", "ms": 400, "match": {"path": "/v1/customers"}}"#
            )
            let pages =
                "SELECT COALESCE(MAX(pages), 0) FROM reconciliation_runs WHERE started_by = 'schedule'"
            try await eventually("a run begins", seconds: 120) { try mirrored.store().number(pages) >= 3 }
            #expect(await mirrored.shop.gateway.stop() == 0)
            let before = try mirrored.store().number(pages)
            #expect(try mirrored.store().rows(Self.state) == [["running"]], "\(before) pages")

            try await mirrored.restart()
            try mirrored.sandbox.heal()
            try await eventually("the run goes on") {
                try mirrored.store().rows(Self.state) == [["completed"]]
            }
            let row = "SELECT seen, repaired, pages FROM reconciliation_runs"
            let counted = try mirrored.store().rows(row)
            #expect(counted.count == 1 && counted[0][0] == "12000" && counted[0][1] == "12000", "\(counted)")
            #expect(await mirrored.shop.gateway.stop() == 0)

            // As if it had been an hour ago, and a little longer.
            try StoreFile.change(
                mirrored.folder.path("shop.db"),
                """
                UPDATE reconciliation_runs SET created_at = created_at - 3700000,
                    started_at = started_at - 3700000, updated_at = updated_at - 3700000,
                    ended_at = ended_at - 3700000
                """
            )
            try await mirrored.restart()
            let runs = "SELECT COUNT(*) FROM reconciliation_runs WHERE state = 'completed'"
            try await eventually("the next one comes", seconds: 120) {
                try mirrored.store().number(runs) == 2
            }
            let last = try mirrored.store().rows(row + " ORDER BY id DESC LIMIT 1")
            #expect(last[0][0] == "12000" && last[0][1] == "0", "\(last)")
            #expect(mirrored.shop.gateway.logText.contains("reconciliation ordered by schedule"))
            #expect(await mirrored.shop.gateway.stop() == 0)
        }
    }
}
