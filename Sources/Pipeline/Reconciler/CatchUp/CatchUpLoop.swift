package import BillingModel
package import Database
package import Inbox
import JSON
import Providers
package import Telemetry
import Threading
package import Timing

/// Looks through one connection's list of events at the provider, and gives those to the inbox that no webhook has
/// brought: at the start of the process, when the connection's calls work again, and now and then.
///
/// A thread that waits for one page, one commit or the next look at a time. Where it is stands in a row, so a killed
/// process goes on from there.
package final class CatchUpLoop: Sendable {
    /// In the place of an endpoint's number: the answer is for a catch-up, and not for a request.
    package static let replyEndpoint = -1

    package let connection: Connection
    package let statistics = CatchUpStatistics()

    let links: CatchUpLinks
    let rules: CatchUpRules
    private let database: any DatabaseEngine
    let clock: WallClock
    let random: RandomSource
    let log: Logger
    private let signal: EventSignal
    let answers: Mailbox<IntakeAnswer>
    private let pages: Mailbox<PageAnswer>
    private let thread: LoopThread
    private let isWoken = Lock(false)
    /// The run that kept a gap's one waiting when the log was told so; each is told once.
    let runInTheWay = Lock<RunID?>(nil)

    /// Why something cannot go on.
    enum Interruption: Error {
        case stopping
        case refused(ProviderFault)
        case store(DatabaseError)
        case cursors
        /// One event has more bytes than are read.
        case tooLarge
    }

    package init(
        _ connection: Connection,
        links: CatchUpLinks,
        rules: CatchUpRules = CatchUpRules(),
        database: any DatabaseEngine,
        clock: WallClock,
        random: RandomSource,
        log: Logger
    ) {
        self.connection = connection
        self.links = links
        self.rules = rules
        self.database = database
        self.clock = clock
        self.random = random
        self.log = log
        signal = EventSignal()
        thread = LoopThread(wokenBy: signal)
        answers = Mailbox(signal: signal)
        pages = Mailbox(signal: signal)
    }

    /// After the database's and the mirror's start.
    package func start() {
        thread.start(name: "catch-up") { [self] in run() }
    }

    /// Before the mirror's end: a page that is asked for is not waited for.
    package func stop() {
        thread.stop()
    }

    /// Looks at once, as at a start. Safe from any thread.
    package func wake() {
        isWoken.withLock { $0 = true }
        signal.raise()
    }

    /// Names the connection in the tokens of its events.
    package static func replyHigh(_ connection: ConnectionID) -> UInt64 {
        UInt64(bitPattern: connection.rawValue)
    }

    /// The inbox's word on an event whose token names this connection. Safe from any thread.
    package func answered(_ answer: IntakeAnswer) {
        answers.post(answer)
    }

    private var isStopping: Bool { thread.isStopping }

    // MARK: When

    private func run() {
        var watch = OutageWatch(links.standing(), settleMilliseconds: rules.settleMilliseconds)
        while !isStopping {
            var pause = rules.lookMilliseconds
            do throws(Interruption) {
                try look()
                statistics.ended(.complete, now: clock.now())
            } catch {
                switch error {
                case .stopping: return
                case .refused(let fault):
                    statistics.ended(.refused, now: clock.now())
                    log.emitLimited(
                        .error,
                        "the provider refuses to list its events",
                        [.text("connection", connection.name), .reason(fault.description)]
                    )
                case .store(let failure):
                    statistics.ended(.broken, now: clock.now())
                    pause = rules.retryCapMilliseconds
                    log.emitLimited(
                        .error,
                        "catching up waits for the store",
                        [.text("connection", connection.name), .reason("\(failure)")]
                    )
                case .cursors, .tooLarge:
                    statistics.ended(.broken, now: clock.now())
                    pause = rules.retryCapMilliseconds
                    log.emitLimited(
                        .warning,
                        "the provider's list of events cannot be walked through",
                        [.text("connection", connection.name)]
                    )
                }
            }
            watch.looked(links.standing())
            sleep(pause, &watch)
        }
    }

    /// Until the next look is due: after `pause`, when the connection works again, or when somebody says so.
    private func sleep(_ pause: Int64, _ watch: inout OutageWatch) {
        let end = clock.now().adding(milliseconds: pause)
        var runsDue = clock.now().adding(milliseconds: rules.retryCapMilliseconds)
        while !isStopping {
            let now = clock.now()
            if now >= end || watch.isOver(links.standing(), now: now) { return }
            let isWoken = isWoken.withLock { isWoken in
                defer { isWoken = false }
                return isWoken
            }
            if isWoken { return }
            if now >= runsDue {
                // The next look says what is wrong with the store.
                try? startRunIfOwed(mayRepeat: false)
                runsDue = now.adding(milliseconds: rules.retryCapMilliseconds)
            }
            signal.wait(milliseconds: Int32(min(max(end.milliseconds(since: now), 1), 1_000)))
        }
    }

    // MARK: One look

    private func look() throws(Interruption) {
        let known = try reading { [connection] transaction throws(DatabaseError) in
            (
                try CatchUpPositionsTable.position(of: connection.id, in: transaction),
                try KnownEventsQuery.lastSeen(of: connection.id, in: transaction)
            )
        }
        var walk: CatchUpWalk
        switch CatchUpWalk.begin(known.0, lastSeen: known.1, now: clock.now(), rules: rules) {
        case .walk(let ordinary): walk = ordinary
        case .gap(let present):
            walk = present
            statistics.gaps.add()
            try save(walk.position)
            log.emit(
                .warning,
                "events were missed that the provider lists no more: a run compares everything",
                [
                    .text("connection", connection.name),
                    .text("since", walk.position.gap?.from?.rfc3339 ?? "ever"),
                ]
            )
        }
        try startRunIfOwed(mayRepeat: true)
        let isFirst = known.0 == nil
        do throws(Interruption) {
            while try turn(&walk) == .more {}
        } catch {
            guard case .tooLarge = error else { throw error }
            try leaveGap(&walk)
        }
        let found = walk.position.foundLast
        guard found > 0 else { return }
        log.emit(
            isFirst ? .info : .warning,
            "events that no webhook had brought were taken from the provider's list",
            [.text("connection", connection.name), .integer("count", found)]
        )
    }

    private func leaveGap(_ walk: inout CatchUpWalk) throws(Interruption) {
        let since = walk.position.seen
        walk.leaveGap(now: clock.now())
        statistics.gaps.add()
        try save(walk.position)
        log.emit(
            .warning,
            "an event in the provider's list is larger than an answer may be: a run compares everything",
            [.text("connection", connection.name), .text("since", since?.rfc3339 ?? "ever")]
        )
        try startRunIfOwed(mayRepeat: true)
    }

    /// One page: asked for, stored, and then the position with it.
    private func turn(_ walk: inout CatchUpWalk) throws(Interruption) -> CatchUpWalk.Step {
        let (page, date) = try page(&walk)
        guard let page else {
            let step = walk.cursorDied()
            if step == .givenUp { throw .cursors }
            return step
        }
        let elements = page.elements.compactMap(Self.element)
        let found = walk.bringsEvents ? try take(page.elements) : 0
        statistics.pages.add()
        let step = walk.took(elements, hasMore: page.hasMore, date: date, found: found)
        try save(walk.position)
        return step
    }

    private static func element(_ value: JSONValue) -> CatchUpWalk.Element? {
        guard case .event(let event) = StripeDecoder.envelope(value), let id = event.id else { return nil }
        return CatchUpWalk.Element(id: ProviderID(id), second: event.second ?? 0)
    }

    /// Nil when the cursor is gone. Asks again, later and later, as long as there is no answer.
    private func page(
        _ walk: inout CatchUpWalk
    ) throws(Interruption) -> (page: ProviderPage?, date: Timestamp) {
        let backoff = rules.backoff
        var trouble: CatchUpPosition.Trouble?
        var tooLarge = 0
        for attempt in 1... {
            // Of an earlier question that was not waited for.
            _ = pages.takeAll()
            links.fetch(walk.question) { [pages] answer in pages.post(answer) }
            let answer = try next(pages)
            switch answer {
            case .page(let page, let date): return (page, date ?? clock.now())
            case .cursorGone: return (nil, clock.now())
            case .missing(let fault), .refused(let fault):
                note(.init(code: fault.code ?? fault.type ?? "refused", since: clock.now()), walk)
                throw .refused(fault)
            case .object: return (nil, clock.now())
            case .stopping: throw .stopping
            case .retryLater(let milliseconds, let cause):
                statistics.retries.add()
                if cause.kind == .tooLarge {
                    if walk.wasTooLarge() { continue }
                    tooLarge += 1
                    guard tooLarge < rules.tooLargeMax else { throw .tooLarge }
                }
                if trouble?.code != cause.code {
                    trouble = .init(code: cause.code, since: trouble?.since ?? clock.now())
                    if let trouble { note(trouble, walk) }
                }
                let delay = backoff.delayMilliseconds(afterAttempt: attempt, random: random)
                try wait(milliseconds: max(milliseconds, delay))
            }
        }
        throw .stopping
    }

    /// Shown until a page is read; that it cannot be written stops nothing.
    private func note(_ trouble: CatchUpPosition.Trouble, _ walk: CatchUpWalk) {
        var position = walk.position
        position.trouble = trouble
        // Only what is shown of the trouble: a look that succeeds writes the position anew.
        try? save(position)
    }

    // MARK: Store, and waiting

    /// The gap's run is that of the stored row: it may have been planned meanwhile.
    private func save(_ position: CatchUpPosition) throws(Interruption) {
        let connection = connection.id
        try writing { transaction throws(DatabaseError) in
            var saved = position
            let stored = try CatchUpPositionsTable.position(of: connection, in: transaction)?.gap
            if let stored, stored.to == saved.gap?.to { saved.gap?.run = stored.run }
            try CatchUpPositionsTable.save(saved, of: connection, in: transaction)
        }
    }

    func reading<Result>(
        _ body: (any ReadTransaction) throws(DatabaseError) -> Result
    ) throws(Interruption) -> Result {
        do throws(DatabaseError) {
            return try database.read(body)
        } catch {
            throw .store(error)
        }
    }

    func writing<Result: Sendable>(
        _ body: @escaping @Sendable (any WriteTransaction) throws(DatabaseError) -> Result
    ) throws(Interruption) -> Result {
        do throws(DatabaseError) {
            return try database.writeAndWait(body)
        } catch {
            throw .store(error)
        }
    }

    private func next<Item>(_ mailbox: Mailbox<Item>) throws(Interruption) -> Item {
        while true {
            if let item = mailbox.takeAll().last { return item }
            try rest(milliseconds: -1)
        }
    }

    func wait(milliseconds: Int64) throws(Interruption) {
        let end = clock.now().adding(milliseconds: milliseconds)
        while true {
            let left = end.milliseconds(since: clock.now())
            guard left > 0 else { return }
            try rest(milliseconds: Int32(min(left, 1_000)))
        }
    }

    func rest(milliseconds: Int32) throws(Interruption) {
        if isStopping { throw .stopping }
        signal.wait(milliseconds: milliseconds)
        if isStopping { throw .stopping }
    }
}
