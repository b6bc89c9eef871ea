package import Database
package import Timing

/// Lets go of what was kept long enough: first the signed bytes, later the ids. Dead letters stay until a
/// person decides.
package final class RetentionSweeper: Sendable {
    package struct Periods: Sendable {
        package let eventBodiesDays: Int
        package let eventIDsDays: Int

        package init(eventBodiesDays: Int, eventIDsDays: Int) {
            precondition(eventIDsDays >= eventBodiesDays, "an id is kept at least as long as its body")
            self.eventBodiesDays = eventBodiesDays
            self.eventIDsDays = eventIDsDays
        }
    }

    package struct Report: Sendable, Equatable {
        package var bodies = 0
        package var events = 0

        package init() {}
    }

    // One window is one write of a few milliseconds between two batches of webhooks.
    private static let windowSize = 500

    private let database: any DatabaseEngine
    private let periods: Periods

    package init(database: any DatabaseEngine, periods: Periods) {
        self.database = database
        self.periods = periods
    }

    /// One full sweep, on the calling thread, which must not be the writing one. Ends early, between two
    /// windows, once `isStopping` says so.
    package func sweep(
        now: Timestamp,
        isStopping: () -> Bool = { false }
    ) throws(DatabaseError) -> Report {
        let day: Int64 = 86_400_000
        var report = Report()
        report.bodies = try sweep(
            bodies: true,
            settledBefore: now.adding(milliseconds: -Int64(periods.eventBodiesDays) * day),
            isStopping
        )
        report.events = try sweep(
            bodies: false,
            settledBefore: now.adding(milliseconds: -Int64(periods.eventIDsDays) * day),
            isStopping
        )
        return report
    }

    private func sweep(
        bodies: Bool,
        settledBefore cutoff: Timestamp,
        _ isStopping: () -> Bool
    ) throws(DatabaseError) -> Int {
        var swept = 0
        var start = try database.read { transaction throws(DatabaseError) in
            try RetentionTable.start(ofBodies: bodies, in: transaction)
        }
        while let from = start, !isStopping() {
            let window = try database.read { transaction throws(DatabaseError) in
                try RetentionTable.window(
                    ofBodies: bodies,
                    after: from,
                    size: Self.windowSize,
                    settledBefore: cutoff,
                    in: transaction
                )
            }
            // Numbers follow the order of arrival: behind a window that is too young there is nothing old.
            guard let window, window.oldest < cutoff else { return swept }
            start = window.end
            guard window.hasDueRows else { continue }
            swept += try database.writeAndWait { transaction throws(DatabaseError) in
                bodies
                    ? try RetentionTable.sweepBodies(
                        after: from,
                        through: window.end,
                        settledBefore: cutoff,
                        in: transaction
                    )
                    : try RetentionTable.sweepEvents(
                        after: from,
                        through: window.end,
                        settledBefore: cutoff,
                        in: transaction
                    )
            }
        }
        return swept
    }
}
