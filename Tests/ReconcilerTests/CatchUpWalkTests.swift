import BillingModel
import Inbox
import Providers
import Testing
import Timing

@testable import Reconciler

/// A provider's list of events as provider_api 1.8 has it: newest first, thirty days.
private struct ListedEvents {
    /// Oldest first.
    var events: [CatchUpWalk.Element] = []
    var now: Int64 = 1_000_000_000

    mutating func add(_ count: Int, each seconds: Int64 = 1) {
        for _ in 0..<count {
            now += seconds
            events.append(.init(id: ProviderID("evt_\(events.count + 1)"), second: now))
        }
    }

    private var listed: [CatchUpWalk.Element] { events.filter { $0.second > now - 30 * 86_400 } }

    enum Answer {
        case page([CatchUpWalk.Element], hasMore: Bool)
        case cursorGone
    }

    func answer(_ read: ProviderRead, count: Int = 3) -> Answer {
        guard case .events(let from, _, let page) = read else { return .cursorGone }
        var rows = listed.filter { $0.second >= from ?? 0 }
        func index(_ id: ProviderID) -> Int? { rows.firstIndex { $0.id == id } }
        switch page.place {
        case .first: break
        case .after(let id):
            guard let place = index(id) else { return .cursorGone }
            rows = Array(rows[..<place])
        case .before(let id):
            guard let place = index(id) else { return .cursorGone }
            rows = Array(rows[(place + 1)...])
            return .page(rows.prefix(count).reversed(), hasMore: rows.count > count)
        }
        return .page(rows.suffix(count).reversed(), hasMore: rows.count > count)
    }
}

/// Looks, with a memory of what was seen, and a process that may be killed after so many pages.
private struct Looker {
    var stored: CatchUpPosition?
    var seen: Set<ProviderID> = []
    var rules = CatchUpRules()
    var pages = 0
    var gaps = 0

    /// False when it was killed.
    @discardableResult
    mutating func look(
        _ list: inout ListedEvents,
        lastSeen: Timestamp? = nil,
        killedAfter pagesMax: Int = .max,
        between: (inout ListedEvents) -> Void = { _ in }
    ) throws -> Bool {
        let now = try #require(Timestamp(seconds: list.now))
        var walk: CatchUpWalk
        switch CatchUpWalk.begin(stored, lastSeen: lastSeen, now: now, rules: rules) {
        case .walk(let ordinary): walk = ordinary
        case .gap(let present):
            gaps += 1
            walk = present
        }
        stored = walk.position
        for page in 0..<1_000 {
            if page == pagesMax { return false }
            let step: CatchUpWalk.Step
            switch list.answer(walk.question) {
            case .cursorGone: step = walk.cursorDied()
            case .page(let elements, let hasMore):
                pages += 1
                let found = walk.bringsEvents ? elements.filter { seen.insert($0.id).inserted } : []
                let date = try #require(Timestamp(seconds: list.now))
                step = walk.took(elements, hasMore: hasMore, date: date, found: found.count)
            }
            stored = walk.position
            if step == .ended { return true }
            try #require(step == .more)
            between(&list)
        }
        Issue.record("the look does not end")
        return false
    }
}

@Suite struct `A look through the provider's events` {
    private func looked(_ list: inout ListedEvents) throws -> Looker {
        var looker = Looker()
        try looker.look(&list)
        return looker
    }

    @Test func `leaves what was before the first one to the first run`() throws {
        var list = ListedEvents()
        list.add(10, each: 60)
        let looker = try looked(&list)
        // Five minutes of overlap.
        #expect(looker.seen == Set(list.events.suffix(6).map(\.id)))
        #expect(looker.gaps == 0)
        #expect(looker.stored?.place?.event == list.events[4].id)
        #expect(looker.stored?.lookingSince == nil)
    }

    @Test func `begins where webhooks of an older store have ended`() throws {
        var list = ListedEvents()
        list.add(10, each: 3_600)
        var looker = Looker()
        let last = try #require(Timestamp(seconds: list.events[6].second))
        try looker.look(&list, lastSeen: last)
        #expect(looker.seen == Set(list.events.suffix(4).map(\.id)))
    }

    @Test func `finds everything that happened since, in its order`() throws {
        var list = ListedEvents()
        list.add(10, each: 200)
        var looker = try looked(&list)
        looker.seen = []
        list.add(50, each: 20)
        try looker.look(&list)
        #expect(looker.seen.isSuperset(of: list.events.suffix(50).map(\.id)))
        #expect(looker.stored?.foundLast == Int64(looker.seen.count))
        #expect(looker.stored?.seenThrough?.seconds == list.now)
        // The next one asks for one page of the last minutes only.
        looker.pages = 0
        list.add(1, each: 3_600)
        try looker.look(&list)
        #expect(looker.seen.contains(list.events[60].id))
        #expect(looker.pages <= 6)
    }

    @Test(arguments: 1...6) func `goes on where it was killed`(pages: Int) throws {
        var list = ListedEvents()
        list.add(10, each: 400)
        var looker = try looked(&list)
        list.add(60, each: 100)
        let ended = try looker.look(&list, killedAfter: pages)
        #expect(!ended)
        let before = looker.pages
        try looker.look(&list)
        #expect(looker.seen.isSuperset(of: list.events.suffix(60).map(\.id)))
        // Twenty pages of three, and none twice but those of the overlap.
        #expect(looker.pages - before <= 20 - pages + 2)
        #expect(looker.stored?.foundLast == 60)
    }

    @Test func `finds what the list shows a moment late`() throws {
        var list = ListedEvents()
        list.add(10, each: 400)
        var looker = try looked(&list)
        list.add(3, each: 100)
        try looker.look(&list)
        // Its second is before those that were seen.
        let late = CatchUpWalk.Element(id: ProviderID("evt_late"), second: list.now - 150)
        list.events.insert(late, at: list.events.count - 2)
        list.add(2, each: 10)
        try looker.look(&list)
        #expect(looker.seen.contains(late.id))
    }

    @Test func `takes events that arrive while it reads`() throws {
        var list = ListedEvents()
        list.add(4, each: 1_000)
        var looker = try looked(&list)
        list.add(30, each: 50)
        var more = 20
        try looker.look(&list) { list in
            if more > 0 { list.add(1, each: 50) }
            more -= 1
        }
        try looker.look(&list)
        #expect(looker.seen.isSuperset(of: list.events.suffix(40).map(\.id)))
    }

    @Test func `is no gap when nothing has happened for longer than the list reaches`() throws {
        var list = ListedEvents()
        list.add(10, each: 400)
        var looker = try looked(&list)
        for _ in 0..<80 {
            list.now += 86_400
            try looker.look(&list)
        }
        list.add(5, each: 3_600)
        try looker.look(&list)
        #expect(looker.gaps == 0)
        #expect(looker.seen.isSuperset(of: list.events.suffix(5).map(\.id)))
    }

    @Test func `says that a longer silence is a gap, and goes on from the present`() throws {
        var list = ListedEvents()
        list.add(10, each: 400)
        var looker = try looked(&list)
        let since = list.now
        list.add(40, each: 86_400)
        try looker.look(&list)
        #expect(looker.gaps == 1)
        #expect(looker.stored?.gap?.from?.seconds == since)
        #expect(looker.stored?.gap?.to.seconds == list.now)
        list.add(5, each: 3_600)
        try looker.look(&list)
        #expect(looker.gaps == 1)
        #expect(looker.seen.isSuperset(of: list.events.suffix(6).map(\.id)))
    }

    @Test func `goes on from the last second that was read when its event is not listed any more`() throws {
        var list = ListedEvents()
        list.add(10, each: 400)
        var looker = try looked(&list)
        // Just inside the window when asked for the first page, and outside for the next ones.
        list.now += 29 * 86_400
        list.add(20, each: 30)
        var passes = 1
        try looker.look(&list) { list in
            if passes == 1 { list.now += 2 * 86_400 }
            passes += 1
        }
        #expect(looker.gaps == 0)
        #expect(looker.seen.isSuperset(of: list.events.suffix(20).map(\.id)))
    }

    @Test func `gives up a walk whose cursors die again and again`() throws {
        let now = try #require(Timestamp(seconds: 1_000_000_000))
        guard case .walk(var walk) = CatchUpWalk.begin(nil, lastSeen: nil, now: now, rules: CatchUpRules())
        else {
            Issue.record("nothing was ever seen, so nothing is a gap")
            return
        }
        var steps: [CatchUpWalk.Step] = []
        for _ in 0..<5 { steps.append(walk.cursorDied()) }
        #expect(steps == [.more, .more, .more, .more, .givenUp])
    }
}
