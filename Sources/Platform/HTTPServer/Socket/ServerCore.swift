import Synchronization
import Threading
import Timing

/// What all event loops of one server share.
final class ServerCore: HTTPAnswerSink {
    let limits: HTTPLimits
    let deadlines: Deadlines
    let proxies: TrustedProxies
    let handler: any HTTPHandler
    let monotonicClock: MonotonicClock
    let wallClock: WallClock
    let census: PeerCensus
    let inboxes: [LoopInbox]

    init(
        configuration: HTTPServerConfiguration,
        handler: any HTTPHandler,
        monotonicClock: MonotonicClock,
        wallClock: WallClock
    ) {
        var limits = configuration.limits
        // Four bits for each of 16 requests are kept; see `Connection.marks`.
        limits.requestsInFlightPerConnectionMax = min(max(limits.requestsInFlightPerConnectionMax, 1), 16)
        self.limits = limits
        deadlines = Deadlines(limits)
        proxies = configuration.trustedProxies
        self.handler = handler
        self.monotonicClock = monotonicClock
        self.wallClock = wallClock
        census = PeerCensus(
            connectionsMax: limits.connectionCountMax,
            perAddressMax: configuration.trustedProxies.isEmpty ? limits.connectionsPerAddressMax : nil
        )
        inboxes = (0..<max(configuration.loopCount, 1)).map { _ in LoopInbox() }
    }

    func respond(_ ticket: HTTPTicket, _ answer: HTTPAnswer) {
        guard Int(ticket.loop) < inboxes.count else { return }
        inboxes[Int(ticket.loop)].answer(ticket, answer)
    }

    func respond(_ batch: [(HTTPTicket, HTTPAnswer)]) {
        if inboxes.count == 1 { return inboxes[0].answer(batch) }
        for (index, inbox) in inboxes.enumerated() {
            let own = batch.filter { Int($0.0.loop) == index }
            if !own.isEmpty { inbox.answer(own) }
        }
    }
}

/// What other threads hand to one event loop.
final class LoopInbox: Sendable {
    enum Order: Sendable {
        case adopt(descriptor: Int32, peer: PeerAddress)
        /// Nanoseconds on the monotonic clock.
        case drain(until: UInt64)
    }

    let signal = EventSignal()
    let orders: Mailbox<Order>
    let answers: Mailbox<(HTTPTicket, HTTPAnswer)>
    /// The loop, seen from its own thread only: answers given inside the handler skip the mailbox.
    private let owner = Atomic<UInt>(0)
    private let local = LocalLoop()
    private let published = Lock(HTTPCounters())

    private final class LocalLoop: @unchecked Sendable {
        // Sendable because only the thread named by `owner` reads or writes it.
        weak var loop: EventLoop?
    }

    init() {
        orders = Mailbox(signal: signal)
        answers = Mailbox(signal: signal)
    }

    /// Called by the loop on its own thread, once, before it serves.
    func become(_ loop: EventLoop?, thread: UInt) {
        local.loop = loop
        owner.store(loop == nil ? 0 : thread, ordering: .relaxed)
    }

    func answer(_ ticket: HTTPTicket, _ answer: HTTPAnswer) {
        if owner.load(ordering: .relaxed) == EventLoop.currentThread, let loop = local.loop {
            loop.complete(ticket, answer)
        } else {
            answers.post((ticket, answer))
        }
    }

    func answer(_ batch: [(HTTPTicket, HTTPAnswer)]) {
        answers.post(batch)
    }

    func publish(_ counters: HTTPCounters) {
        published.withLock { $0 = counters }
    }

    var counters: HTTPCounters {
        published.withLock { $0 }
    }
}
