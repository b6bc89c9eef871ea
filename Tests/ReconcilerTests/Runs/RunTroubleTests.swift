import BillingModel
import Database
import DatabaseSQLite
import Providers
import Testing
import Threading
import Timing

@testable import Reconciler

/// What a run does when the provider, or whoever orders it, gets in its way.
@Suite struct RunTroubleTests {
    private func harness(customers: Int) throws -> RunHarness {
        let harness = try RunHarness()
        for number in 0..<customers {
            harness.provider.put(
                "customer",
                "cus_\(number)",
                created: 1_700_000_000 + Int64(number / 3),
                #","name":"n\#(number)""#
            )
        }
        return harness
    }

    private static func trouble(_ kind: PageTrouble.Kind, _ code: String) -> PageAnswer {
        .retryLater(milliseconds: 2_000, PageTrouble(kind, code: code))
    }

    @Test func `a storm of refusals for number and of server errors is waited out and told`() throws {
        let harness = try harness(customers: 450)
        harness.provider.answer { number, _ in
            guard number % 3 != 0 else { return nil }
            return number % 2 == 0
                ? Self.trouble(.rateLimited, "rate_limit") : Self.trouble(.serverError, "http_500")
        }
        let run = try harness.end(of: try harness.order(.customers, .apply), advancing: 5)
        #expect(run.state == .completed, "\(run)")
        #expect(run.counters.seen == 450 && run.counters.repaired == 450, "\(run.counters)")
        #expect(run.progress.retries > 5 && run.progress.rateLimitWaits > 2, "\(run.progress)")
        #expect(run.notes.contains { $0.contains("rate limit") }, "\(run.notes)")
    }

    @Test func `an outage of an hour is waited out, and the summary says how long it was`() throws {
        let harness = try harness(customers: 250)
        try harness.run(.customers, .apply)
        harness.provider.change("cus_7") { $0.members = #","name":"new""# }
        let until = harness.pipeline.clock.wall.now().adding(seconds: 3_700)
        let clock = harness.pipeline.clock.wall
        // The clock runs on while the run's thread gets no processor: it is as long as the run could see.
        let asked = Lock((trouble: [Timestamp](), end: Timestamp?.none))
        harness.provider.answer { _, _ in
            let now = clock.now()
            asked.withLock { if now < until { $0.trouble.append(now) } else { $0.end = $0.end ?? now } }
            return now < until ? Self.trouble(.noAnswer, "connection_refused") : nil
        }
        let run = try harness.end(of: try harness.order(.customers, .dryRun), advancing: 20)
        #expect(run.state == .completed, "\(run)")
        #expect(run.counters.equal == 249 && run.counters.differing == 1)
        let note = try #require(run.notes.first { $0.hasPrefix("No usable answer") })
        let (first, end) = try asked.withLock { (try #require($0.trouble.first), try #require($0.end)) }
        let length = end.milliseconds(since: first)
        #expect(length >= 58 * 60_000, "\(length)")
        let words = (-3...3).map { RunNote.duration(length + $0 * 60_000) }
        #expect(words.contains { note.contains(" for \($0) from ") }, "\(note), not \(words[3])")
        #expect(run.progress.waitedMilliseconds > 3_500_000, "\(run.progress)")
    }

    @Test func `a provider that is silent for a day ends a run as incomplete`() throws {
        let harness = try harness(customers: 250)
        harness.provider.answer { number, _ in
            number > 1 ? Self.trouble(.noAnswer, "timeout") : nil
        }
        let run = try harness.end(of: try harness.order(.customers, .apply), advancing: 300)
        #expect(run.state == .incomplete, "\(run)")
        #expect(run.reason?.contains("timeout") == true, "\(run.reason ?? "-")")
    }

    @Test func `a refused list fails the run with the provider's words`() throws {
        let harness = try harness(customers: 250)
        harness.provider.answer { number, _ in
            number == 2 ? .refused(.ours(code: "invalid_api_key", message: "no such key")) : nil
        }
        let run = try harness.run(.customers, .apply)
        #expect(run.state == .failed)
        #expect(run.reason?.contains("invalid_api_key") == true, "\(run.reason ?? "-")")
    }

    @Test(arguments: [RunMode.apply, .dryRun])
    func `a list whose cursor is deleted is begun again from its second, and nothing is counted twice`(
        mode: RunMode
    ) throws {
        let harness = try harness(customers: 350)
        if mode == .dryRun {
            // Here already, all but some, so that both kinds are met twice.
            try harness.run(.customers, .apply)
            for number in 0..<20 {
                harness.provider.put(
                    "customer",
                    "cus_new_\(number)",
                    created: 1_700_000_060,
                    #","name":"n""#
                )
            }
        }
        let provider = harness.provider
        let deaths = Lock(0)
        provider.answer { _, read in
            guard case .list(_, _, _, let page) = read, case .after(let cursor) = page.place else {
                return nil
            }
            let isFirst = deaths.withLock { deaths in
                deaths += 1
                return deaths <= 2
            }
            if isFirst { provider.remove(cursor.rawValue) }
            return nil
        }
        let run = try harness.run(.customers, mode)
        #expect(run.state == .completed, "\(run)")
        #expect(run.progress.cursorDeaths == 2, "\(run.progress)")
        #expect(run.notes.filter { $0.contains("begun again") }.count == 2)
        switch mode {
        case .apply:
            // The two that died were shown before.
            #expect(run.counters.seen == 350 && run.counters.repaired == 350, "\(run.counters)")
        case .dryRun:
            #expect(run.counters.seen == 370 && run.counters.differing == 20, "\(run.counters)")
            #expect(run.findings == 20)
        }
    }

    @Test func `a paused run drops what is on its way and goes on where it was`() throws {
        let harness = try harness(customers: 950)
        let provider = harness.provider
        provider.answer { number, _ in
            if number == 4 { provider.hold() }
            return nil
        }
        let id = try harness.order(.customers, .apply)
        _ = try harness.wait(for: id) { $0.progress.pages >= 2 && provider.asked.count >= 4 }
        _ = try harness.control.pause(id)
        harness.loop.wake()
        provider.release()
        let paused = try harness.record(id)
        #expect(paused.state == .paused)
        provider.forgetAsked()
        provider.answer { _, _ in nil }
        _ = try harness.control.resume(id)
        harness.loop.wake()
        let run = try harness.end(of: id)
        #expect(run.state == .completed)
        #expect(run.counters.seen == 950 && run.counters.repaired == 950, "\(run.counters)")
        // What was read before the pause is not read again; parts of a first copy end on short pages.
        #expect(provider.asked.count < 40, "\(provider.asked.count)")
    }

    @Test func `a cancelled run ends at once, and what it repaired stays`() throws {
        let harness = try harness(customers: 950)
        let provider = harness.provider
        provider.answer { number, _ in
            if number == 4 { provider.hold() }
            return nil
        }
        let id = try harness.order(.customers, .apply)
        _ = try harness.wait(for: id) { $0.progress.pages >= 2 && provider.asked.count >= 4 }
        _ = try harness.control.cancel(id)
        harness.loop.wake()
        provider.release()
        provider.answer { _, _ in nil }
        let cancelled = try harness.record(id)
        #expect(cancelled.state == .cancelled && cancelled.endedAt != nil)
        let again = try harness.run(.customers, .apply)
        #expect(again.counters.equal >= 200 && again.counters.seen == 950, "\(again.counters)")
        #expect(try harness.record(id).counters == cancelled.counters)
    }

    @Test func `a run that is killed again and again ends with the findings of an undisturbed one`() throws {
        func prepared() throws -> RunHarness {
            let harness = try self.harness(customers: 900)
            try harness.run(.customers, .apply)
            for number in stride(from: 0, to: 900, by: 35) {
                harness.provider.change("cus_\(number)") { $0.members = #","name":"other","phone":"1""# }
            }
            for number in stride(from: 1, to: 900, by: 200) { harness.provider.remove("cus_\(number)") }
            harness.provider.forgetAsked()
            return harness
        }
        for mode in [RunMode.dryRun, .apply] {
            let calm = try prepared()
            let expected = try calm.run(.customers, mode)
            let calmAsked = calm.provider.asked.count
            let harness = try prepared()
            let id = try harness.order(.customers, mode)
            var kills = 0
            while kills < 8, try !harness.record(id).state.isOver {
                let before = harness.provider.asked.count
                _ = try harness.wait(for: id) { $0.state.isOver || harness.provider.asked.count > before }
                harness.restartLoop()
                kills += 1
            }
            let run = try harness.end(of: id)
            #expect(run.state == .completed)
            #expect(run.counters == expected.counters, "\(kills) kills")
            #expect(try harness.lines(id) == calm.lines(expected.id))
            // Each kill costs what was on its way, and no more.
            #expect(harness.provider.asked.count <= calmAsked + kills * 10, "\(kills) kills")
        }
    }

    @Test func `what cannot be written is a finding, and the run ends as incomplete`() throws {
        let harness = try harness(customers: 30)
        harness.provider.put("customer", "cus_bad", created: 1_700_000_000, #","name":"bad""#)
        harness.provider.put("subscription", "sub_bad", created: 1_700_000_000, #","status":"weird""#)
        let run = try harness.run(.subscriptions, .apply)
        #expect(run.state == .incomplete)
        #expect(run.counters.failed == 1 && run.reason?.contains("1 object") == true, "\(run)")
        #expect(try harness.findings(run.id).map(\.action) == [.failed])
        #expect(try harness.visible("subscription", "sub_bad") == nil)
    }

    @Test(arguments: [DataMode.live, .test])
    func `a live account that lists nothing of ours is taken for another one, and nothing is buried`(
        mode: DataMode
    ) throws {
        let harness = try RunHarness(mode: mode)
        func put(_ prefix: String) {
            for number in 0..<30 {
                harness.provider.put(
                    "customer",
                    "\(prefix)_\(number)",
                    created: 1_700_000_000,
                    #","name":"n""#
                )
            }
        }
        put("cus")
        try harness.run(.customers, .apply)
        for number in 0..<30 { harness.provider.remove("cus_\(number)") }
        put("cus_other")
        let run = try harness.run(.customers, .apply)
        switch mode {
        case .live:
            #expect(run.state == .failed && run.counters.tombstoned == 0, "\(run)")
            #expect(try harness.visible("customer", "cus_3") != nil)
            // One that is known is enough to know the account by.
            harness.provider.put("customer", "cus_7", created: 1_700_000_000, #","name":"n""#)
            #expect(try harness.run(.customers, .apply).counters.tombstoned == 29)
        case .test:
            #expect(run.state == .completed && run.counters.tombstoned == 30, "\(run)")
        }
    }

    @Test func `a live account is also doubted when only what was made since some time is compared`() throws {
        let harness = try RunHarness(mode: .live)
        for number in 0..<30 {
            harness.provider.put("customer", "cus_\(number)", created: 1_700_000_000, #","name":"n""#)
        }
        try harness.run(.customers, .apply)
        for number in 0..<30 { harness.provider.remove("cus_\(number)") }
        let run = try harness.run(.customers, .apply, since: Timestamp(seconds: 1_690_000_000))
        #expect(run.state == .failed && run.counters.tombstoned == 0, "\(run)")
    }

    @Test(arguments: [DataMode.live, .test])
    func `a customer that is unknown in a live account is buried only if the account knows others of ours`(
        mode: DataMode
    ) throws {
        let harness = try RunHarness(mode: mode)
        for number in 0..<30 {
            harness.provider.put("customer", "cus_\(number)", created: 1_700_000_000, #","name":"n""#)
        }
        try harness.run(.customers, .apply)
        for number in 0..<30 { harness.provider.remove("cus_\(number)") }
        let run = try harness.run(.customer, .apply, customer: "cus_3")
        switch mode {
        case .live:
            #expect(run.state == .failed && run.reason?.contains("another account") == true, "\(run)")
            #expect(run.counters.tombstoned == 0)
            #expect(try harness.visible("customer", "cus_3") != nil)
            // One that is known, or was, is enough to know the account by.
            harness.provider.put("customer", "cus_17", created: 1_700_000_000, #","name":"n""#)
            harness.provider.change("cus_17") { $0.isDeleted = true }
            let again = try harness.run(.customer, .apply, customer: "cus_3")
            #expect(again.state == .completed && again.counters.tombstoned == 1, "\(again)")
            #expect(try harness.visible("customer", "cus_3") == nil)
        case .test:
            #expect(run.state == .completed && run.counters.tombstoned == 1, "\(run)")
        }
    }

    @Test(arguments: [5, 8], [RunMode.dryRun, .apply])
    func `a store that fails now and then, also after a commit, costs time and changes nothing else`(
        every: Int,
        mode: RunMode
    ) throws {
        func prepared() throws -> RunHarness {
            let harness = try self.harness(customers: 350)
            try harness.run(.customers, .apply)
            for number in stride(from: 0, to: 350, by: 20) {
                harness.provider.change("cus_\(number)") { $0.members = #","name":"other""# }
            }
            for number in stride(from: 1, to: 350, by: 100) { harness.provider.remove("cus_\(number)") }
            for number in 0..<150 {
                harness.provider.put("customer", "cus_new_\(number)", created: 1_700_000_100, #","name":"n""#)
            }
            return harness
        }
        let calm = try prepared()
        let expected = try calm.run(.customers, mode)
        let harness = try prepared()
        harness.database.failEvery(every)
        let run = try harness.end(of: try harness.order(.customers, mode), advancing: 1)
        harness.database.failEvery(nil)
        #expect(run.state == .completed, "\(run)")
        #expect(run.counters == expected.counters, "\(run.counters), not \(expected.counters)")
        #expect(try harness.lines(run.id) == calm.lines(expected.id))
    }

    @Test func `questions that are held back for a day end the run as incomplete`() throws {
        let harness = try harness(customers: 250)
        let provider = harness.provider
        provider.answer { number, _ in
            if number == 2 { provider.hold() }
            return nil
        }
        let run = try harness.end(of: try harness.order(.customers, .apply), advancing: 3_600)
        #expect(run.state == .incomplete)
        #expect(run.reason?.hasPrefix("the connection was held back for 24 hours") == true, "\(run)")
    }

    @Test func `one page that never comes, while all others do, ends the run as incomplete`() throws {
        let harness = try harness(customers: 950)
        let poisoned = Lock<ProviderRead?>(nil)
        harness.provider.answer { number, read in
            let isPoisoned = poisoned.withLock { poisoned in
                if number == 3 { poisoned = read }
                return poisoned == read
            }
            return isPoisoned ? Self.trouble(.serverError, "http_500") : nil
        }
        let run = try harness.end(of: try harness.order(.customers, .apply), advancing: 120)
        #expect(run.state == .incomplete, "\(run)")
    }

    /// For more than a day no write of the run's step is taken in, until a while after its patience has ended.
    private func runWithoutRoom(atStep step: Int64, _ harness: RunHarness) throws -> RunRecord {
        let (base, clock) = (harness.pipeline.database, harness.pipeline.clock.wall)
        let until = clock.now().adding(seconds: 25 * 3_600)
        let statement = Statement(
            "test.step",
            """
            SELECT MAX(step)
            FROM reconciliation_runs
            WHERE state = 'running'
              AND EXISTS (SELECT 1 FROM reconciliation_segments WHERE run_id = reconciliation_runs.id)
            """
        )
        harness.database.failWrites {
            // One that cannot be read is not at the step.
            let reached = try? base.read { transaction throws(DatabaseError) in
                try transaction.first(statement) { $0.optionalInteger(0) }
            }
            return reached == step && clock.now() < until
        }
        return try harness.end(of: try harness.order(.customers, .dryRun), advancing: 120)
    }

    @Test func `a page that cannot be stored for a day, though it is read each time, ends the run`() throws {
        let harness = try harness(customers: 30)
        try harness.run(.customers, .apply)
        let run = try runWithoutRoom(atStep: 0, harness)
        #expect(run.state == .incomplete && run.reason == "what was read could not be stored", "\(run)")
    }

    @Test func `an answer that cannot be stored for a day ends the run, too`() throws {
        let harness = try harness(customers: 30)
        try harness.run(.customers, .apply)
        harness.provider.remove("cus_3")
        let run = try runWithoutRoom(atStep: 1, harness)
        #expect(run.state == .incomplete && run.reason == "what was read could not be stored", "\(run)")
        #expect(run.counters.equal == 29 && run.counters.missing == 0, "\(run)")
    }

    @Test func `a checkpoint that cannot be stored for a day ends the run, and for an hour it does not`()
        throws
    {
        let harness = try harness(customers: 30)
        try harness.run(.customers, .apply)
        let run = try runWithoutRoom(atStep: 1, harness)
        #expect(run.state == .incomplete && run.reason == "what was read could not be stored", "\(run)")
        #expect(run.counters.equal == 30, "\(run)")
        let clock = harness.pipeline.clock.wall
        let until = clock.now().adding(seconds: 3_600)
        harness.database.failWrites { clock.now() < until }
        let next = try harness.end(of: try harness.order(.customers, .dryRun), advancing: 60)
        #expect(next.state == .completed && next.counters.equal == 30, "\(next)")
    }
}
