import CLinux
import Glibc
import Threading
import Timing

/// One thread with its epoll set and its connections.
///
/// Order within one turn: sockets, orders and answers from other threads, one send for each connection that has
/// something new, deadlines.
final class EventLoop: @unchecked Sendable {
    // Sendable because, after `start`, only its own thread touches it; other threads use `inbox`.
    private static let signalKey = UInt64.max
    private static let listenerKey = UInt64.max - 1
    private static let eventsMax = 256
    static let scratchBytes = 64 * 1024

    let core: ServerCore
    let index: UInt16
    let inbox: LoopInbox
    let epoll: Int32
    let pool = BlockPool()
    let table: HeaderTable
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: EventLoop.scratchBytes, alignment: 16)

    var connections: [Connection] = []
    var freeSlots: [UInt32] = []
    /// Connections with something to flush in this turn.
    var dirty: [Connection] = []
    var counters = HTTPCounters()
    var now: UInt64 = 0
    var date = HTTPDate()
    /// Set while draining: when the rest is cut.
    var drainDeadline: UInt64?

    private var acceptor: Acceptor?
    private var isSignalled = false
    private var nextSweep = UInt64.max
    private let sweepInterval: UInt64
    /// This loop's share of the limit.
    let bufferedBytesMax: Int

    static var currentThread: UInt { UInt(pthread_self()) }

    /// `acceptor` for the one loop that accepts.
    init(core: ServerCore, index: Int, acceptor: Acceptor?) throws(HTTPServerError) {
        self.core = core
        self.index = UInt16(index)
        self.acceptor = acceptor
        inbox = core.inboxes[index]
        table = HeaderTable(capacity: core.limits.headerCountMax)
        bufferedBytesMax = core.limits.bufferedBytesMax / core.inboxes.count
        sweepInterval = core.deadlines.sweepInterval
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .system("epoll_create1") }
        var event = epoll_event(
            // Edge-triggered, so that the eventfd is never read: each write is an edge.
            events: EPOLLIN.rawValue | EPOLLET.rawValue,
            data: epoll_data_t(u64: Self.signalKey)
        )
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, inbox.signal.descriptor, &event) == 0 else {
            throw .system("epoll_ctl")
        }
        if let acceptor { watchListener(acceptor.descriptor, EPOLL_CTL_ADD, EPOLLIN.rawValue) }
    }

    deinit {
        Glibc.close(epoll)
        scratch.deallocate()
    }

    /// Serves until drained. Runs on its own thread.
    func run() {
        inbox.become(self, thread: Self.currentThread)
        defer { inbox.become(nil, thread: 0) }
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Self.eventsMax)
        defer { events.deallocate() }
        while true {
            let count = epoll_wait(epoll, events, Int32(Self.eventsMax), sleepMilliseconds())
            now = core.monotonicClock.nanoseconds()
            date.update(core.wallClock.now())
            var index = 0
            while index < Int(count) {
                dispatch(events[index])
                index += 1
            }
            if isSignalled { takeInbox() }
            flushAll()
            if now >= nextSweep { sweep() }
            inbox.publish(counters)
            if let drainDeadline, counters.openConnections == 0 || now >= drainDeadline { break }
        }
        closeAll()
        inbox.publish(counters)
    }

    private func dispatch(_ event: epoll_event) {
        let key = event.data.u64
        if key == Self.signalKey {
            isSignalled = true
        } else if key == Self.listenerKey {
            acceptAll()
        } else {
            let slot = Int(truncatingIfNeeded: key & 0xFFFF_FFFF)
            let connection = connections[slot]
            // An earlier event of this turn may have closed it.
            guard connection.generation == UInt32(truncatingIfNeeded: key >> 32), connection.phase != .free
            else {
                return
            }
            let isReset = event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
            if isReset, connection.phase == .open, !isReading(connection) { return close(connection) }
            if event.events & EPOLLOUT.rawValue != 0 { markDirty(connection) }
            if event.events & (EPOLLIN.rawValue | EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
                read(connection)
            }
        }
    }

    private func takeInbox() {
        isSignalled = false
        // Orders first: an answer given after `drain` was called announces the end.
        for order in inbox.orders.takeAll() {
            switch order {
            case .adopt(let descriptor, let peer): adopt(descriptor, peer)
            case .drain(let until): beginDrain(until)
            }
        }
        for (ticket, answer) in inbox.answers.takeAll() { complete(ticket, answer) }
    }

    // MARK: Connections come and go

    private func acceptAll() {
        guard var acceptor else { return }
        defer { self.acceptor = acceptor }
        for _ in 0..<64 {
            switch acceptor.accept() {
            case .connection(let descriptor, let peer):
                counters.acceptedConnections += 1
                if let refusal = core.census.enter(peer) {
                    counters.refusals[Int(refusal.rawValue)] += 1
                    Acceptor.turnAway(descriptor, refusal)
                } else {
                    let target = acceptor.nextLoop(of: core.inboxes.count)
                    if target == Int(index) {
                        adopt(descriptor, peer)
                    } else {
                        core.inboxes[target].orders.post(.adopt(descriptor: descriptor, peer: peer))
                    }
                }
            case .discarded:
                counters.acceptedConnections += 1
                counters.refusals[Int(HTTPRefusal.tooManyConnections.rawValue)] += 1
            case .failed:
                continue
            case .exhausted:
                // No descriptor left, not even the reserve: look again at the next sweep.
                watchListener(acceptor.descriptor, EPOLL_CTL_MOD, 0)
                acceptor.isSuspended = true
                nextSweep = min(nextSweep, now + sweepInterval)
                return
            case .none:
                return
            }
        }
    }

    func adopt(_ descriptor: Int32, _ peer: PeerAddress) {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(connections.count)
            connections.append(Connection(slot: slot))
        }
        let connection = connections[Int(slot)]
        connection.open(descriptor: descriptor, peer: peer)
        counters.openConnections += 1
        connection.readDeadline = now &+ core.deadlines.idle
        connection.interest = EPOLLIN.rawValue
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: key(of: connection)))
        if epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0 { return close(connection) }
        if nextSweep == .max { nextSweep = now &+ sweepInterval }
        if drainDeadline != nil { close(connection) }
    }

    func close(_ connection: Connection) {
        guard connection.phase != .free else { return }
        counters.abandoned += UInt64(connection.inFlight)
        Glibc.close(connection.descriptor)
        connection.phase = .free
        connection.descriptor = -1
        connection.generation &+= 1
        connection.input.release(pool: pool)
        connection.output.release(pool: pool)
        if !connection.early.isEmpty { connection.early = [:] }
        counters.openConnections -= 1
        core.census.leave(connection.peer)
        freeSlots.append(connection.slot)
    }

    func setInterest(_ connection: Connection, _ interest: UInt32) {
        guard interest != connection.interest else { return }
        connection.interest = interest
        var event = epoll_event(events: interest, data: epoll_data_t(u64: key(of: connection)))
        epoll_ctl(epoll, EPOLL_CTL_MOD, connection.descriptor, &event)
    }

    private func key(of connection: Connection) -> UInt64 {
        UInt64(connection.generation) << 32 | UInt64(connection.slot)
    }

    private func watchListener(_ descriptor: Int32, _ operation: Int32, _ interest: UInt32) {
        var event = epoll_event(events: interest, data: epoll_data_t(u64: Self.listenerKey))
        epoll_ctl(epoll, operation, descriptor, &event)
    }

    // MARK: Deadlines and the end

    private func sleepMilliseconds() -> Int32 {
        if !dirty.isEmpty { return 0 }
        let wake = min(nextSweep, drainDeadline ?? .max)
        if wake == .max { return -1 }
        // Rounded up, so that the sweep is due when the sleep ends.
        return wake <= now ? 0 : Int32(clamping: (wake - now + 999_999) / 1_000_000)
    }

    private func sweep() {
        if var acceptor, acceptor.isSuspended {
            acceptor.isSuspended = false
            self.acceptor = acceptor
            watchListener(acceptor.descriptor, EPOLL_CTL_MOD, EPOLLIN.rawValue)
        }
        for connection in connections where connection.phase != .free { checkDeadlines(connection) }
        flushAll()
        nextSweep = counters.openConnections > 0 ? now &+ sweepInterval : .max
    }

    private func beginDrain(_ until: UInt64) {
        drainDeadline = until
        if let acceptor {
            epoll_ctl(epoll, EPOLL_CTL_DEL, acceptor.descriptor, nil)
            acceptor.close()
            self.acceptor = nil
        }
        for connection in connections where connection.phase == .open {
            // A request may have arrived in this moment: look before closing.
            if connection.inFlight == 0, connection.input.isEmpty, connection.output.isEmpty {
                read(connection)
            }
            closeIfIdle(connection)
        }
    }

    /// While draining, ends a connection on which nothing is under way.
    func closeIfIdle(_ connection: Connection) {
        guard drainDeadline != nil, connection.phase == .open, connection.inFlight == 0,
            connection.input.isEmpty,
            connection.output.isEmpty, connection.parser.isBetweenRequests
        else { return }
        close(connection)
    }

    private func closeAll() {
        for connection in connections { close(connection) }
        dirty = []
        if let acceptor { acceptor.close() }
        acceptor = nil
    }
}
