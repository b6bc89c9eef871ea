import BillingModel
import CustomerStore
import Database
import DatabaseSQLite
import Schema
import Telemetry
import Threading
import Timing

/// The opened store: the database, who it is, and the numbers of the configured connections.
struct GatewayStore: Sendable {
    let database: SQLiteDatabase
    let identity: StoreIdentity
    /// In the order of the configuration.
    let connections: [Connection]
    /// Also those that were configured once and have data.
    let known: [Connection]

    init(
        _ configuration: GatewayConfiguration,
        options: Gateway.Options,
        log: Logger
    ) throws(GatewayError) {
        let exit = options.exit
        do throws(DatabaseError) {
            database = try SQLiteDatabase.open(
                path: configuration.database.path,
                migrations: Schema.migrations,
                clock: options.monotonic,
                now: options.clock.now(),
                onDeviceFailure: { error in
                    // 74 is EX_IOERR of sysexits.h. No answer was given for what this commit held.
                    log.emit(
                        .error,
                        "the device failed, ending to let a restart check",
                        [.reason("\(error)")]
                    )
                    exit(74)
                }
            )
        } catch {
            throw .store(error)
        }
        do throws(GatewayError) {
            (identity, connections, known) = try Self.introduce(configuration, to: database)
        } catch {
            database.stop()
            throw error
        }
    }

    private static func introduce(
        _ configuration: GatewayConfiguration,
        to database: SQLiteDatabase
    ) throws(GatewayError) -> (StoreIdentity, [Connection], [Connection]) {
        let random = RandomSource.system()
        let file = database.fileIdentity()
        var connections: [Connection] = []
        var known: [Connection] = []
        var conflict: GatewayError?
        let identity: StoreIdentity
        do throws(DatabaseError) {
            identity = try database.writeBeforeStart { transaction throws(DatabaseError) in
                for configured in configuration.connections {
                    let registration = try ConnectionsTable.register(
                        name: configured.name,
                        scope: DataScope(site: configured.site, mode: configured.mode),
                        provider: configured.provider,
                        account: configured.account,
                        in: transaction
                    )
                    switch registration {
                    case .registered(let connection): connections.append(connection)
                    case .conflict(let stored): conflict = Self.changed(configured, stored)
                    }
                }
                known = try ConnectionsTable.all(in: transaction)
                return try StoreIdentity.establish(file: file, draw: { random.next() }, in: transaction)
            }
        } catch {
            throw .store(error)
        }
        if let conflict { throw conflict }
        return (identity, connections, known)
    }

    private static func changed(_ configured: ConnectionConfiguration, _ stored: Connection) -> GatewayError {
        func text(_ site: String, _ mode: DataMode, _ provider: String, _ account: String?) -> String {
            "\(provider)/\(mode.rawValue) of site \(site)" + (account.map { ", account \($0)" } ?? "")
        }
        return .connectionChanged(
            name: configured.name,
            stored: text(stored.scope.site, stored.scope.mode, stored.provider, stored.account),
            configured: text(configured.site, configured.mode, configured.provider, configured.account)
        )
    }
}
