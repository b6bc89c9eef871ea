import Foundation
import Glibc
import TestSupport
import Testing
import Threading

extension `End to end` {
    @Suite struct `A killed gateway` {
        private static let connections = 6
        private static let customers = 240

        /// What one sender knows of its customers.
        private struct Sender: Sendable {
            let names: [String]
            /// By place in `names`: the revision to send next; all before it were answered with 2xx.
            var next: [Int]
            var turn = 0
            var accepted = 0
            /// Answers that were no 2xx.
            var refusals: [Int] = []
        }

        /// Posts until the connection ends, as a kill ends it. An event without an answer is sent again by the
        /// next call, as the provider does.
        private static func send(_ sender: Lock<Sender>, port: Int) {
            // A connection that the kill refused or ended is what the caller waits for.
            guard let connection = try? RawConnection(port: port) else { return }
            while true {
                let (name, revision) = sender.withLock { sender in
                    (sender.names[sender.turn], sender.next[sender.turn])
                }
                let body = StripeEvent.customer(name, revision: revision)
                // The server is killed on purpose: no answer is the end of the loop.
                guard let answer = try? connection.post(body) else { return }
                sender.withLock { sender in
                    if answer.status == 200 {
                        sender.next[sender.turn] += 1
                        sender.accepted += 1
                    } else {
                        sender.refusals.append(answer.status)
                    }
                    sender.turn = (sender.turn + 1) % sender.names.count
                }
            }
        }

        private struct Seen: Hashable {
            let version: Int
            let event: String
        }

        @Test func `loses nothing that it answered, and applies it once`() async throws {
            let seed = SeededRandom.seed()
            var random = SeededRandom(seed)
            let rounds = `End to end`.isLong ? 60 : 4
            let folder = try TestFolder()
            let senders = (0..<Self.connections).map { index in
                let names = (0..<Self.customers / Self.connections).map { "cus_kill\(index)x\($0)" }
                return Lock(Sender(names: names, next: names.map { _ in 0 }))
            }
            var seen: [String: Seen] = [:]
            var readyMilliseconds: [Int] = []
            for _ in 1...rounds {
                let clock = ContinuousClock()
                let start = clock.now
                let shop = try await Shop(in: folder)
                let answer = try shop.connection().request("GET /readyz")
                #expect(answer.status == 200)
                readyMilliseconds.append(Int((clock.now - start) / .milliseconds(1)))

                let port = shop.publicPort
                let threads = senders.map { sender in
                    WorkerThread.start(name: "sender") { Self.send(sender, port: port) }
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...900, using: &random)))
                let mostRevisions = senders.map { $0.withLock { $0.next.max() ?? 0 } }.max() ?? 0
                try look(at: shop.store(), &seen, revisionsMax: mostRevisions)
                await shop.gateway.kill()
                for thread in threads { thread.join() }
                try lookAfterKill(folder, senders)
            }
            let shop = try await Shop(in: folder)
            try await shop.drained()
            let store = try shop.store()
            try look(at: store, &seen, revisionsMax: .max)
            try checkEnd(store, senders)
            #expect(await shop.gateway.stop() == 0)
            #expect(try StoreFile(folder.path("shop.db")).damage() == [])
            let accepted = senders.reduce(0) { $0 + $1.withLock { $0.accepted } }
            #expect(accepted > 0)
            #expect(senders.allSatisfy { $0.withLock { $0.refusals } == [] })
            let slowest = readyMilliseconds.max() ?? 0
            print("kill: seed \(seed), \(rounds) rounds, \(accepted) accepted, ready within \(slowest) ms")
            if !shop.gateway.logText.contains("gateway stopped") { Issue.record("seed \(seed)") }
        }

        /// What a reader sees never goes back, and another state has another version.
        private func look(at store: StoreFile, _ seen: inout [String: Seen], revisionsMax: Int) throws {
            let rows = try store.rows(
                """
                SELECT objects.provider_id, objects.version, inbox.event_id
                FROM objects JOIN inbox ON inbox.id = objects.state_event_id
                """
            )
            for row in rows {
                let now = Seen(version: Int(row[1]) ?? -1, event: row[2])
                if let before = seen[row[0]] {
                    #expect((before.version == now.version) == (before.event == now.event), "\(row)")
                    let (from, to) = (revision(before.event), revision(now.event))
                    #expect(from <= to && before.version <= now.version, "\(before), then \(now)")
                    // Events of one batch may become visible together: fewer versions than changes, never more.
                    #expect(now.version - before.version <= to - from, "\(before), then \(now)")
                } else {
                    #expect(now.version >= 1 && now.version <= revision(now.event) + 1, "\(row)")
                }
                seen[row[0]] = now
            }
        }

        private func revision(_ event: String) -> Int {
            event.split(separator: "_").last.flatMap { Int($0) } ?? -1
        }

        private func lookAfterKill(_ folder: TestFolder, _ senders: [Lock<Sender>]) throws {
            let store = try StoreFile(folder.path("shop.db"))
            #expect(try store.damage() == [])
            let stored = Set(try store.rows("SELECT event_id FROM inbox").map { $0[0] })
            for sender in senders {
                let sender = sender.withLock { $0 }
                for (place, name) in sender.names.enumerated() {
                    for revision in 0..<sender.next[place] where !stored.contains("evt_\(name)_\(revision)") {
                        Issue.record("answered and not stored: evt_\(name)_\(revision)")
                    }
                }
            }
            // Applied means: in its object's log, once, and in the same commit.
            let wrong = try store.number(
                """
                SELECT COUNT(*) FROM inbox
                WHERE (state = 'applied') <> EXISTS (SELECT 1 FROM object_events WHERE id = inbox.id)
                """
            )
            #expect(wrong == 0)
        }

        private func checkEnd(_ store: StoreFile, _ senders: [Lock<Sender>]) throws {
            #expect(try store.number("SELECT COUNT(*) FROM inbox WHERE state <> 'applied'") == 0)
            #expect(
                try store.number("SELECT COUNT(*) FROM object_events")
                    == store.number("SELECT COUNT(*) FROM inbox")
            )
            let ends = try store.rows(
                """
                SELECT objects.provider_id, objects.freshness, inbox.event_id, customers.metadata,
                       (WITH RECURSIVE log (id) AS (
                            SELECT objects.last_event_id
                            UNION ALL
                            SELECT object_events.previous_id FROM log
                            JOIN object_events ON object_events.id = log.id
                            WHERE object_events.previous_id IS NOT NULL)
                        SELECT COUNT(*) FROM log)
                FROM objects
                JOIN inbox ON inbox.id = objects.state_event_id
                JOIN customer_identities ON customer_identities.provider_customer_id = objects.provider_id
                JOIN customers ON customers.id = customer_identities.customer_id
                """
            )
            let byName = Dictionary(uniqueKeysWithValues: ends.map { ($0[0], $0) })
            for sender in senders {
                let sender = sender.withLock { $0 }
                for (place, name) in sender.names.enumerated() where sender.next[place] > 0 {
                    let end = try #require(byName[name])
                    // The one after the last that was answered may be stored too.
                    let count = Int(end[4]) ?? -1
                    #expect(count == sender.next[place] || count == sender.next[place] + 1)
                    #expect(end[1] == "chained")
                    #expect(end[2] == "evt_\(name)_\(count - 1)")
                    #expect(end[3].contains("\"revision\":\"\(count - 1)\""), "\(end)")
                }
            }
        }
    }
}
