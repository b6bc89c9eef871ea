import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Foundation
import Reconciler
import Telemetry
import TestSupport
import Testing
import Threading
import Timing

/// The real pipeline and the real loop of runs, with a provider in memory.
final class RunHarness {
    let pipeline: ApplyHarness
    let provider: ListedProvider
    private(set) var loop: RunsLoop
    let control: RunControl
    private let makesCustomers: Bool
    private let patience: RunPatience
    let database: FlakyDatabase

    init(
        makesCustomers: Bool = false,
        mode: DataMode = .test,
        patience: RunPatience = .standard
    ) throws {
        self.makesCustomers = makesCustomers
        self.patience = patience
        pipeline = try ApplyHarness(connectionCount: 1, batchMax: 64, mode: mode)
        provider = ListedProvider(clock: pipeline.clock.wall)
        database = FlakyDatabase(pipeline.database)
        loop = Self.makeLoop(pipeline, provider, makesCustomers, patience, database)
        control = RunControl(database: pipeline.database, clock: pipeline.clock.wall) {}
        loop.start()
    }

    deinit {
        provider.release()
        loop.stop()
        pipeline.stop()
    }

    private static func makeLoop(
        _ pipeline: ApplyHarness,
        _ provider: ListedProvider,
        _ makesCustomers: Bool,
        _ patience: RunPatience,
        _ database: FlakyDatabase
    ) -> RunsLoop {
        let connections = [pipeline.connection(0)]
        return RunsLoop(
            database: database,
            connections: connections.map {
                RunConnection($0, apiVersion: "2026-06-24.dahlia", makesCustomers: makesCustomers)
            },
            known: connections,
            preparer: EventPreparer(connections: connections),
            epoch: StoreEpoch(truncating: 1),
            fetch: provider.fetch,
            patience: patience,
            clock: pipeline.clock.wall,
            log: Logger(descriptor: -1, level: .error),
            wakeMirror: { _ in }
        )
    }

    var connection: ConnectionID { pipeline.connection(0).id }

    /// As a process that dies and comes back: what was on its way is lost.
    func restartLoop() {
        loop.stop()
        loop = Self.makeLoop(pipeline, provider, makesCustomers, patience, database)
        loop.start()
    }

    func order(
        _ scope: RunScope,
        _ mode: RunMode,
        customer: String? = nil,
        since: Timestamp? = nil
    ) throws -> RunID {
        let order = RunOrder(
            connection: connection,
            scope: scope,
            mode: mode,
            customerID: customer.map { ProviderID($0) },
            createdSince: since,
            trigger: .request
        )
        // What came in the second in which a run begins counts as come later.
        pipeline.clock.advance(seconds: 60)
        let start = try control.start(order)
        loop.wake()
        guard case .started(let run) = start else { throw Failure(text: "\(start)") }
        return run.id
    }

    /// Orders a run and waits for its end.
    @discardableResult
    func run(
        _ scope: RunScope,
        _ mode: RunMode,
        customer: String? = nil,
        since: Timestamp? = nil
    ) throws -> RunRecord {
        try end(of: try order(scope, mode, customer: customer, since: since))
    }

    /// Waits for the run's end; the clock goes on by so many seconds each time it is looked at.
    func end(of run: RunID, advancing seconds: Int64 = 0) throws -> RunRecord {
        try wait(for: run, advancing: seconds) { $0.state.isOver }
    }

    func wait(
        for run: RunID,
        advancing seconds: Int64 = 0,
        until isSo: (RunRecord) -> Bool
    ) throws -> RunRecord {
        // No limit that a test is held to: only so that a loss ends as a failure instead of never.
        let deadline = Date().addingTimeInterval(120)
        while true {
            let record = try record(run)
            if isSo(record) { return record }
            if Date() > deadline { throw Failure(text: "never ended: \(record)") }
            usleep(2_000)
            if seconds > 0 {
                pipeline.clock.advance(seconds: seconds)
                loop.wake()
            }
        }
    }

    func record(_ run: RunID) throws -> RunRecord {
        let found = try pipeline.database.read { transaction throws(DatabaseError) in
            try RunsTable.find(run, in: transaction)
        }
        guard let found else { throw Failure(text: "no such run") }
        return found
    }

    func findings(_ run: RunID) throws -> [Finding] {
        try pipeline.database.read { transaction throws(DatabaseError) in
            try FindingsTable.page(run, after: 0, limit: 100_000, in: transaction)
        }
    }

    /// Each as one line, without its number.
    func lines(_ run: RunID) throws -> Set<String> {
        Set(
            try findings(run).map { finding in
                "\(finding.object) \(finding.id) \(finding.field ?? "-") \(finding.local ?? "-") "
                    + "\(finding.remote ?? "-") \(finding.action.rawValue)"
            }
        )
    }

    func visible(_ type: String, _ id: String) throws -> String? {
        try pipeline.visible(type, id, of: 0)?.state.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Rows and versions of all that is mirrored: what a run that writes nothing leaves as it is.
    func versions() throws -> [String] {
        try pipeline.lines(
            Statement(
                "test.versions",
                "SELECT provider_id || ' ' || state || ' ' || freshness || ' ' || version FROM objects ORDER BY id"
            )
        )
    }

    func count(_ sql: String) throws -> Int64 {
        try pipeline.count(Statement("test.count", sql))
    }

    struct Failure: Error, CustomStringConvertible {
        let text: String
        var description: String { text }
    }
}
