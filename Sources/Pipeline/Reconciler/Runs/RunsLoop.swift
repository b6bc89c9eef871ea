package import BillingModel
package import Database
import Lanes
import Providers
package import Telemetry
import Threading
package import Timing

/// Carries all runs: a thread that asks, compares and hands pages to the writing thread. What stands in the table is
/// the truth; `wake` only makes it look sooner.
package final class RunsLoop: Sendable {
    /// So often it looks at the table by itself.
    private static let pollMilliseconds: Int64 = 1_000
    /// After a failure of the store.
    private static let failureMilliseconds: Int64 = 1_000

    private let database: any DatabaseEngine
    private let connections: [RunConnection]
    private let surroundings: RunSurroundings
    private let messages: Mailbox<RunMessage>
    private let wakeMirror: @Sendable (ConnectionID) -> Void
    private let thread: LoopThread
    private let isWoken = Lock(true)

    /// - Parameters:
    ///   - connections: whose providers may be asked. A run of another one ends as failed.
    ///   - known: every connection that has data.
    ///   - wakeMirror: told when reads of single objects or operations have become due.
    package init(
        database: any DatabaseEngine,
        connections: [RunConnection],
        known: [Connection],
        preparer: EventPreparer,
        epoch: StoreEpoch,
        fetch: @escaping PageFetch,
        patience: RunPatience = .standard,
        clock: WallClock,
        log: Logger,
        wakeMirror: @escaping @Sendable (ConnectionID) -> Void
    ) {
        self.database = database
        self.connections = connections
        self.wakeMirror = wakeMirror
        let messages = Mailbox<RunMessage>()
        self.messages = messages
        thread = LoopThread(wokenBy: messages.signal)
        surroundings = RunSurroundings(
            database: database,
            fetch: fetch,
            comparer: ItemComparer(preparer: preparer),
            connections: Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0) }),
            epoch: epoch,
            clock: clock,
            patience: patience,
            log: log,
            post: { messages.post($0) }
        )
    }

    /// After the database's start; takes up what an earlier process left running.
    package func start() {
        thread.start(name: "runs") { [self] in run() }
    }

    /// Runs stay as they are and go on at the next start. Before the mirrors and the database stop.
    package func stop() {
        thread.stop()
    }

    /// The table changed.
    package func wake() {
        isWoken.withLock { $0 = true }
        messages.signal.raise()
    }

    private func run() {
        var courses: [UInt64: RunCourse] = [:]
        var nextCourse: UInt64 = 1
        var nextLook = surroundings.clock.now()
        while !thread.isStopping {
            let isWoken = isWoken.withLock { isWoken in
                defer { isWoken = false }
                return isWoken
            }
            let now = surroundings.clock.now()
            var next: Timestamp?
            do throws(DatabaseError) {
                if isWoken || now >= nextLook {
                    try look(&courses, &nextCourse)
                    nextLook = now.adding(milliseconds: Self.pollMilliseconds)
                }
            } catch {
                report(error)
                nextLook = now.adding(milliseconds: Self.failureMilliseconds)
            }
            for message in messages.takeAll() { deliver(message, courses, now: now) }
            for (number, course) in courses {
                do throws(DatabaseError) {
                    next = next.earlier(try course.advance(now: surroundings.clock.now()))
                } catch {
                    report(error)
                    next = next.earlier(now.adding(milliseconds: Self.failureMilliseconds))
                }
                if course.desk.takeOwedReads() { wakeMirror(course.desk.order.connection) }
                // One that was dropped is looked at again in a while: whatever stopped it may still do so.
                if course.isFinished { courses[number] = nil }
            }
            if courses.isEmpty {
                // Nothing to do until somebody orders a run; a look now and then costs next to nothing.
                messages.signal.wait(milliseconds: Int32(Self.pollMilliseconds))
                continue
            }
            let left =
                next.map { max($0.milliseconds(since: surroundings.clock.now()), 0) } ?? Self.pollMilliseconds
            if left > 0 { messages.signal.wait(milliseconds: Int32(min(left, Self.pollMilliseconds))) }
        }
    }

    private func deliver(_ message: RunMessage, _ courses: [UInt64: RunCourse], now: Timestamp) {
        switch message {
        case .written(let address, let result):
            courses[address.course]?.written(address.ticket, result, now: now)
        case .answered(let address, let answer):
            do throws(DatabaseError) {
                try courses[address.course]?.answered(address.ticket, answer, now: now)
            } catch {
                report(error)
            }
        }
    }

    /// Lets go of runs that do not run any more, and takes up those that are to.
    private func look(
        _ courses: inout [UInt64: RunCourse],
        _ nextCourse: inout UInt64
    ) throws(DatabaseError) {
        let open = try database.read { transaction throws(DatabaseError) in
            try RunsTable.open(in: transaction)
        }
        let running = Set(open.filter { $0.state == .running }.map(\.id))
        for (number, course) in courses where !running.contains(course.run) {
            course.desk.drop()
            courses[number] = nil
        }
        let carried = Set(courses.values.map(\.run))
        for run in open where !run.state.isOver && run.state != .paused && !carried.contains(run.id) {
            guard let connection = connections.first(where: { $0.connection.id == run.order.connection })
            else {
                try refuse(run)
                continue
            }
            let course = try RunCourse(run, on: connection, course: nextCourse, surroundings)
            if let course { courses[nextCourse] = course }
            nextCourse += 1
        }
    }

    private func refuse(_ run: RunRecord) throws(DatabaseError) {
        let now = surroundings.clock.now()
        try database.writeAndWait { transaction throws(DatabaseError) in
            try RunStatesTable.set(
                .failed,
                of: run.id,
                reason: "the connection has no API key any more",
                now: now,
                in: transaction
            )
        }
    }

    private func report(_ error: DatabaseError) {
        guard error.kind != .closed else { return }
        surroundings.log.emitLimited(.error, "a run could not go on, tried again", [.reason("\(error)")])
    }
}
