import Foundation
import TestSupport
import Testing
import Threading

extension `End to end` {
    @Suite struct `A mirror that is killed` {
        /// What the application has done so far.
        private struct Application: Sendable {
            /// By customer: numbers of the changes that were answered with 2xx, the last one.
            var last: [Int?]
            var done = 0
            var refusals: [String] = []
        }

        /// Changes one customer after the other until the gateway is gone; what had no answer is done again by the
        /// next call, under the same key.
        private static func work(
            _ application: Lock<Application>,
            plan: [Int],
            pauses: [Int],
            port: Int,
            key: String
        ) {
            while true {
                let number = application.withLock { $0.done }
                guard number < plan.count else { return }
                let customer = plan[number]
                let isNew = application.withLock { $0.last[customer] == nil }
                let line = isNew ? "POST /v1/customers" : "PATCH /v1/customers/user_\(customer)"
                let named =
                    isNew
                    ? #""external_id":"user_\#(customer)","email":"user_\#(customer)@example.com","# : ""
                let body = #"{\#(named)"name":"Revision \#(number)","metadata":{"revision":"\#(number)"}}"#
                let headers = ["Authorization: Bearer \(key)", "Idempotency-Key: change-\(number)"]
                // A connection that the kill refused or ended is what the caller waits for.
                guard let connection = try? RawConnection(port: port),
                    let answer = try? connection.request(line, headers, body: body)
                else { return }
                application.withLock { application in
                    if !(200...201).contains(answer.status) {
                        application.refusals.append("\(answer.status) \(answer.body)")
                    }
                    application.last[customer] = number
                    application.done += 1
                }
                Pause.milliseconds(pauses[number])
            }
        }

        @Test func `makes each change once at the provider, and ends with the same state on both sides`()
            async throws
        {
            let seed = SeededRandom.seed()
            var random = SeededRandom(seed)
            let isLong = `End to end`.isLong
            let (kills, changes, customers) = isLong ? (100, 2_000, 60) : (8, 150, 12)
            let plan = (0..<changes).map {
                $0 < customers ? $0 : Int.random(in: 0..<customers, using: &random)
            }
            let pauses = plan.map { _ in Int.random(in: 0...25, using: &random) }
            let mirrored = try await MirroredShop(seed: seed)
            let sandbox = mirrored.sandbox
            try sandbox.fault(
                #"{"action": "lose_answer", "match": {"method": "POST", "path": "/v1", "probability": 0.2}}"#
            )
            let application = Lock(Application(last: Array(repeating: nil, count: customers)))
            let key = mirrored.key
            for kill in 1...kills {
                let port = mirrored.shop.adminPort
                let thread = WorkerThread.start(name: "application") {
                    Self.work(application, plan: plan, pauses: pauses, port: port, key: key)
                }
                let target = changes * kill / (kills + 1)
                while application.withLock({ $0.done }) < target, mirrored.shop.gateway.isRunning {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random)))
                await mirrored.shop.gateway.kill()
                thread.join()
                try await mirrored.restart()
            }
            let port = mirrored.shop.adminPort
            WorkerThread.start(name: "application") {
                Self.work(application, plan: plan, pauses: pauses, port: port, key: key)
            }.join()
            let ended = application.withLock { $0 }
            #expect(ended.refusals == [] && ended.done == changes, "seed \(seed)")

            let store = try mirrored.store()
            do {
                try await eventually("the outbox is empty", seconds: 180) { try store.owed() == 0 }
            } catch {
                Issue.record("seed \(seed): \(try store.outbox())")
            }
            let effects = try sandbox.effects()
            #expect(effects.number("effects_per_key_max") == 1, "seed \(seed)")
            #expect(effects.number("effects_without_key") == 0, "seed \(seed)")
            #expect(effects.byKey.count <= changes, "seed \(seed)")
            #expect(effects.number("unanswered") > 0)
            print(
                "mirror: seed \(seed), \(kills) kills, \(changes) changes, \(effects.byKey.count) keys,",
                "\(effects.number("unanswered")) answers lost, \(effects.number("replays")) replays"
            )
            try sandbox.heal()
            try check(try sandbox.customers(), against: ended, mirrored, seed: seed)
            #expect(await mirrored.shop.gateway.stop() == 0)
            #expect(try mirrored.store().damage() == [])
        }

        private func check(
            _ theirs: [[String: Any]],
            against application: Application,
            _ mirrored: MirroredShop,
            seed: UInt64
        ) throws {
            let marks = theirs.compactMap { ($0["metadata"] as? [String: Any])?["gw_customer_id"] as? String }
            #expect(theirs.count == application.last.count, "seed \(seed)")
            #expect(Set(marks).count == theirs.count, "seed \(seed)")
            let byEmail = Dictionary(grouping: theirs) { $0["email"] as? String ?? "" }
            for (index, last) in application.last.enumerated() {
                let their = try #require(byEmail["user_\(index)@example.com"]?.first)
                let our = try mirrored.shop.get("/v1/customers/user_\(index)", key: mirrored.key).members
                let revision = try #require(last)
                for side in [their, our] {
                    #expect(side["name"] as? String == "Revision \(revision)", "seed \(seed)")
                    let metadata = side["metadata"] as? [String: Any]
                    #expect(metadata?["revision"] as? String == "\(revision)", "seed \(seed)")
                }
                #expect(our["stripe_customer_id"] as? String == their["id"] as? String, "seed \(seed)")
                let sync = our["sync"] as? [String: Any]
                #expect(sync?["state"] as? String == "synced", "seed \(seed): \(our)")
            }
        }
    }
}

/// Sleeps the calling thread.
enum Pause {
    static func milliseconds(_ milliseconds: Int) {
        Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
    }
}
