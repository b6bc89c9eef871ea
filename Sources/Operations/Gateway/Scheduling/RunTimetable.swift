import BillingModel
import Reconciler
import Timing

/// When each connection's next run on a schedule is due. Pure: time, chance and what was ordered before come in.
///
/// What was ordered stands in the table of runs, so a restart changes nothing but the jitter, which is drawn anew.
struct RunTimetable {
    /// After a start there is enough to do; and the events of an outage are caught up with first.
    static let settleMilliseconds: Int64 = 60_000
    /// Until it is tried again while another run is in the way.
    static let waitMilliseconds: Int64 = 300_000

    private struct Entry {
        let connection: ConnectionID
        let schedule: ReconcileSchedule
        /// The order that `jitter` was drawn for.
        var last: Timestamp?
        var jitterMilliseconds: Int64
        var notBefore: Timestamp

        func due(startedAt start: Timestamp) -> Timestamp {
            // The first one of all comes within the jitter's time.
            let base = last.map { $0.adding(milliseconds: Int64(schedule.everyHours) * 3_600_000) } ?? start
            return max(base.adding(milliseconds: jitterMilliseconds), notBefore)
        }
    }

    private let startedAt: Timestamp
    private let random: RandomSource
    private var entries: [Entry]

    /// - Parameter now: the start of the process.
    init(_ schedules: [(ConnectionID, ReconcileSchedule)], now: Timestamp, random: RandomSource) {
        startedAt = now
        self.random = random
        let notBefore = now.adding(milliseconds: Self.settleMilliseconds)
        entries = schedules.map { connection, schedule in
            Entry(
                connection: connection,
                schedule: schedule,
                last: nil,
                jitterMilliseconds: Self.jitter(schedule, random),
                notBefore: notBefore
            )
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// What is to be ordered now. `lastOrdered` is asked for each connection: when its last run on this schedule was
    /// ordered, nil when none ever was.
    mutating func due<Failure: Error>(
        now: Timestamp,
        lastOrdered: (ConnectionID, RunScope) throws(Failure) -> Timestamp?
    ) throws(Failure) -> [RunOrder] {
        var orders: [RunOrder] = []
        for index in entries.indices {
            let (connection, schedule) = (entries[index].connection, entries[index].schedule)
            let last = try lastOrdered(connection, schedule.scope)
            if last != entries[index].last {
                entries[index].last = last
                entries[index].jitterMilliseconds = Self.jitter(schedule, random)
            }
            guard now >= entries[index].due(startedAt: startedAt) else { continue }
            orders.append(
                RunOrder(
                    connection: connection,
                    scope: schedule.scope,
                    mode: schedule.mode,
                    trigger: .schedule
                )
            )
        }
        return orders
    }

    /// Another run was in the way, or the store did not answer.
    mutating func putOff(_ connection: ConnectionID, now: Timestamp) {
        for index in entries.indices where entries[index].connection == connection {
            entries[index].notBefore = now.adding(milliseconds: Self.waitMilliseconds)
        }
    }

    private static func jitter(_ schedule: ReconcileSchedule, _ random: RandomSource) -> Int64 {
        guard schedule.jitterMinutes > 0 else { return 0 }
        return Int64(random.below(UInt64(schedule.jitterMinutes) * 60_000))
    }
}
