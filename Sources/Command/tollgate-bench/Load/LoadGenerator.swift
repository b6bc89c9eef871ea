import CLinux
import Cryptography
import Glibc
import Timing

/// Sends events over keep-alive connections and times the answers: one thread, one epoll, and for each event one
/// `send` and one `recv`.
///
/// An event whose connection broke or that was answered 5xx is sent again with the same id, as providers do.
final class LoadGenerator {
    private enum Mark {
        static let control = UInt64.max
        static let clock = UInt64.max - 1
    }

    private static let retryAfterBreakNanoseconds: UInt64 = 5_000_000
    private static let retryAfterRefusalNanoseconds: UInt64 = 20_000_000
    /// How long a job waits for the last answers.
    private static let graceNanoseconds: UInt64 = 20_000_000_000

    private let port: UInt16
    private let control: ControlInput
    private let writer: SignedRequestWriter
    private let acknowledgements: AcknowledgementLog?
    private let clock = LoadClock()
    private let epoll: Int32
    private let connections: [LoadConnection]
    private var planner: EventPlanner
    /// Connections without a request, the longest waiting first; entries may be stale.
    private var idle: IndexQueue
    /// Connections whose event is to be sent again.
    private var retrying: [Int] = []
    private var run = LoadRun(job: .seed, start: 0)
    private var second: Int64 = 0

    init(_ options: LoadOptions, key: HMACKey, control: ControlInput) throws(BenchError) {
        port = options.port
        self.control = control
        writer = SignedRequestWriter(
            library: try TemplateLibrary(directory: options.fixtures, bytesMin: options.bodyBytes),
            scheme: options.scheme,
            account: options.account,
            key: key,
            host: "127.0.0.1:\(options.port)",
            path: options.path
        )
        if let path = options.acknowledged {
            acknowledgements = try AcknowledgementLog(path: path)
        } else {
            acknowledgements = nil
        }
        idle = IndexQueue(capacity: options.connections)
        connections = (0..<options.connections).map { LoadConnection(index: $0) }
        planner = EventPlanner(
            story: options.story,
            connections: options.connections,
            random: RandomSource(seed: options.seed)
        )
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(epoll >= 0, "an epoll can be made while descriptors are left")
        watch(control.descriptor, mark: Mark.control)
        watch(clock.descriptor, mark: Mark.clock)
    }

    deinit {
        close(epoll)
    }

    /// Works on one job until it is done or paused.
    func perform(_ job: LoadJob) throws(BenchError) -> LoadReport {
        let cpuAtStart = ProcessUsage.ownCPUMicroseconds()
        second = clock.second()
        run = LoadRun(job: job, start: clock.nanoseconds())
        for connection in connections where connection.state != .awaitingAnswer && connection.plan == nil {
            settleIdle(connection)
        }
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while try pass(&events) {}
        try acknowledgements?.flush()
        run.report.cpuMicroseconds = ProcessUsage.ownCPUMicroseconds() - cpuAtStart
        run.report.unanswered = UInt64(connections.count { $0.plan != nil })
        return run.finished(at: clock.nanoseconds())
    }

    /// One turn: send what is due, wait, handle what arrived. False when the job is over.
    private func pass(_ events: inout [epoll_event]) throws(BenchError) -> Bool {
        var now = clock.nanoseconds()
        second = clock.second()
        run.stopIfOver(now: now)
        retryDue(now: now)
        if !run.isStopping { sendDue(now: now) }
        if run.isStopping {
            if run.underWay == 0 { return false }
            if control.isAtEnd || now > run.stoppedAt + Self.graceNanoseconds { return false }
        }
        let capacity = Int32(events.count)
        let count = epoll_wait(epoll, &events, capacity, waitMilliseconds(now: now))
        guard count > 0 else { return true }
        now = clock.nanoseconds()
        for event in events[..<Int(count)] {
            switch event.data.u64 {
            case Mark.clock: clock.clear()
            case Mark.control: if control.takesPause() { run.stop(now: now) }
            case let index: handle(connections[Int(index)], event.events)
            }
        }
        try acknowledgements?.flush()
        return true
    }

    private func waitMilliseconds(now: UInt64) -> Int32 {
        if !retrying.isEmpty { return 1 }
        guard !run.isStopping, let due = run.nextDue, !idle.isEmpty else { return 50 }
        guard due > now else { return 0 }
        clock.wake(at: due)
        return 50
    }

    // Sending

    private func sendDue(now: UInt64) {
        while !run.isStopping, run.isDue(now: now), let index = idle.takeFirst() {
            let connection = connections[index]
            guard connection.plan == nil else { continue }
            guard let plan = nextPlan(for: connection) else { continue }
            connection.scheduledNanoseconds = run.nextDue ?? clock.nanoseconds()
            run.didStart()
            connection.plan = plan
            transmit(connection)
        }
        if run.job == .seed, run.underWay == 0, idle.isEmpty { run.stop(now: now) }
    }

    private func nextPlan(for connection: LoadConnection) -> EventPlan? {
        switch run.job {
        case .seed: planner.birth(connection: connection.index, second: second)
        case .run: planner.next(connection: connection.index, second: second)
        }
    }

    private func transmit(_ connection: LoadConnection, isAgain: Bool = false) {
        guard let plan = connection.plan else { return }
        if connection.state == .disconnected, !open(connection) {
            retryLater(connection, after: Self.retryAfterBreakNanoseconds)
            return
        }
        if isAgain { run.report.resent += 1 }
        let request = writer.request(for: plan, signedAt: second)
        run.report.requestBytes = UInt64(request.count)
        run.report.bodyBytes = UInt64(writer.bodyBytes(of: plan.kind))
        connection.state = .awaitingAnswer
        settleSending(connection, connection.send(request))
    }

    private func settleSending(_ connection: LoadConnection, _ sending: LoadConnection.Sending) {
        switch sending {
        case .complete: break
        case .partial: watchWriting(connection, true)
        case .broken: didBreak(connection)
        }
    }

    private func retryLater(_ connection: LoadConnection, after nanoseconds: UInt64) {
        connection.retryNanoseconds = clock.nanoseconds() + nanoseconds
        retrying.append(connection.index)
    }

    private func retryDue(now: UInt64) {
        guard !retrying.isEmpty else { return }
        let waiting = retrying
        retrying = []
        for index in waiting {
            let connection = connections[index]
            if connection.retryNanoseconds > now {
                retrying.append(index)
            } else {
                transmit(connection, isAgain: true)
            }
        }
    }

    // Receiving

    private func handle(_ connection: LoadConnection, _ ready: UInt32) {
        if connection.hasUnsent, ready & EPOLLOUT.rawValue != 0 {
            watchWriting(connection, false)
            settleSending(connection, connection.sendRest())
        }
        guard connection.state != .disconnected,
            ready & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue | EPOLLRDHUP.rawValue) != 0
        else { return }
        switch connection.receive() {
        case .answer(let answer): didAnswer(connection, answer)
        case .incomplete: break
        case .malformed, nil: didBreak(connection)
        }
    }

    private func didAnswer(_ connection: LoadConnection, _ answer: ResponseReader.Answer) {
        let now = clock.nanoseconds()
        if answer.closes { connection.disconnect() } else { connection.state = .idle }
        guard let plan = connection.plan else { return }
        run.didAnswer(answer, latency: now - min(connection.scheduledNanoseconds, now), now: now)
        if answer.status >= 500 {
            retryLater(connection, after: Self.retryAfterRefusalNanoseconds)
            return
        }
        if answer.status < 300 { acknowledgements?.append(plan) }
        connection.plan = nil
        run.didFinish()
        settleIdle(connection)
        // At full speed the next event leaves before other answers are looked at.
        run.stopIfOver(now: now)
        if !run.isStopping, run.isClosedLoop { sendDue(now: now) }
    }

    private func didBreak(_ connection: LoadConnection) {
        connection.disconnect()
        guard connection.plan != nil else { return settleIdle(connection) }
        run.report.broken += 1
        retryLater(connection, after: Self.retryAfterBreakNanoseconds)
    }

    private func settleIdle(_ connection: LoadConnection) {
        idle.append(connection.index)
    }

    // Watching

    private func open(_ connection: LoadConnection) -> Bool {
        guard connection.connect(port: port) else { return false }
        watch(connection.descriptor, mark: UInt64(connection.index))
        return true
    }

    private func watch(_ descriptor: Int32, mark: UInt64) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: mark))
        // A regular file as standard input cannot be watched, and has nothing to say during a job.
        _ = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private func watchWriting(_ connection: LoadConnection, _ isWatched: Bool) {
        var event = epoll_event(
            events: EPOLLIN.rawValue | (isWatched ? EPOLLOUT.rawValue : 0),
            data: epoll_data_t(u64: UInt64(connection.index))
        )
        _ = epoll_ctl(epoll, EPOLL_CTL_MOD, connection.descriptor, &event)
    }
}
