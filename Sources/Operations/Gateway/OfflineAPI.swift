package import API
import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Schema
import Telemetry
import Threading
package import Timing

/// The API over a database that no server holds, without sockets: how the CLI works on a stopped gateway.
///
/// Holds the database's lock until `close`. Everything may be asked, as on the control socket.
package final class OfflineAPI: Sendable {
    private let database: SQLiteDatabase
    private let pipeline: RequestPipeline

    /// Opens and migrates the file. Throws `store` with kind `busy` when a server has it.
    package init(
        _ location: DatabaseLocation,
        clock: WallClock = .system,
        monotonic: MonotonicClock = .system
    ) throws(GatewayError) {
        let random = RandomSource.system()
        // What is done is told by the answer; only trouble is worth a line besides.
        let log = Logger(descriptor: 2, level: .warning, clock: clock)
        let connections: [Connection]
        let identity: StoreIdentity
        do throws(DatabaseError) {
            let database = try SQLiteDatabase.open(
                path: location.path,
                migrations: Schema.migrations,
                clock: monotonic,
                now: clock.now(),
                // The write that failed is answered with the failure.
                onDeviceFailure: { _ in }
            )
            self.database = database
            let file = database.fileIdentity()
            do throws(DatabaseError) {
                (identity, connections) = try database.writeBeforeStart { transaction throws(DatabaseError) in
                    let identity = try StoreIdentity.establish(
                        file: file,
                        draw: { random.next() },
                        in: transaction
                    )
                    return (identity, try ConnectionsTable.all(in: transaction))
                }
                try database.start()
            } catch {
                database.stop()
                throw error
            }
        } catch {
            throw .store(error)
        }
        pipeline = RequestPipeline(
            parts: APIParts(
                database: database,
                epoch: StoreEpoch(truncating: identity.idEpoch),
                connections: connections,
                log: log,
                health: HealthRoutes(readiness: { nil }),
                random: random
            ),
            access: .controlSocket,
            metrics: APIMetrics()
        )
    }

    /// Waits for the answer, a change's commit included. Not from the writing thread.
    package func answer(_ call: APICall) -> APIAnswer {
        let signal = EventSignal()
        let given = Lock<APIAnswer?>(nil)
        pipeline.run(call) { answer in
            given.withLock { $0 = answer }
            signal.raise()
        }
        while true {
            if let answer = given.withLock({ $0 }) { return answer }
            signal.wait(milliseconds: -1)
        }
    }

    /// Ends the writing thread and gives the lock back. Call once, when the last answer came.
    package func close() {
        database.stop()
    }
}
