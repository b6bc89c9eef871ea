import API
import BillingModel
import Cryptography
import Database
import DatabaseSQLite
package import HTTPServer
import Inbox
import JSON
import Reconciler
import Schema
package import Telemetry
import Threading
package import Timing
import WebhookListener
import WebhookVerifier

// Purpose:  builds everything once from a configuration, starts it in order, and stops it in reverse.
// Owns:     the process's life; no table, no path.
// May import: every room below.
// Never:    a decision that belongs to a room.
// Start reading at: Gateway.swift (this file), then Configuration/GatewayConfiguration.swift.

/// One running gateway: two TCP listeners, the control socket, the store, and the loops between them.
package final class Gateway: Sendable {
    package struct Options: Sendable {
        /// Store events and leave them: for maintenance of what is behind the inbox.
        package var acceptOnly = false
        package var clock = WallClock.system
        package var monotonic = MonotonicClock.system
        /// Ends the process after a device failure, when only a restart can say what is stored.
        package var exit: @Sendable (Int32) -> Void

        package init(exit: @escaping @Sendable (Int32) -> Void) {
            self.exit = exit
        }
    }

    private let store: GatewayStore
    private let intake: InboxIntake
    private let publicServer: HTTPServer
    private let adminServers: [HTTPServer]
    private let applyLoop: ApplyLoop?
    private let mirrors: ProviderMirrors?
    private let runLoop: RunsLoop?
    private let catchUps: CatchUps?
    private let runScheduler: RunScheduler?
    private let housekeeping: Housekeeping
    private let readiness: Readiness
    private let log: Logger
    private let drainSeconds: Int

    package var publicAddress: HTTPListenAddress { publicServer.boundAddress }
    package var adminAddress: HTTPListenAddress { adminServers[0].boundAddress }

    /// Opens the store, starts the loops, then the listeners: who can connect finds everything ready.
    package init(
        configuration: GatewayConfiguration,
        options: Options,
        log: Logger
    ) throws(GatewayError) {
        self.log = log
        drainSeconds = configuration.limits.drainSeconds
        readiness = Readiness()
        store = try GatewayStore(configuration, options: options, log: log)
        let parts = try GatewayParts(
            configuration,
            store: store,
            readiness: readiness,
            options: options,
            log: log
        )
        intake = parts.intake
        applyLoop = options.acceptOnly ? nil : parts.applyLoop
        mirrors = options.acceptOnly ? nil : parts.mirrors
        runLoop = options.acceptOnly ? nil : parts.runLoop
        catchUps = options.acceptOnly ? nil : parts.catchUps
        runScheduler = options.acceptOnly ? nil : parts.runScheduler
        publicServer = parts.publicServer
        adminServers = parts.adminServers
        housekeeping = parts.housekeeping
        do throws(GatewayError) {
            try start(parts)
        } catch {
            stopParts()
            throw error
        }
    }

    private func start(_ parts: GatewayParts) throws(GatewayError) {
        do throws(DatabaseError) {
            try store.database.start()
        } catch {
            throw .store(error)
        }
        applyLoop?.start()
        try mirrors?.start()
        runLoop?.start()
        catchUps?.start()
        runScheduler?.start()
        housekeeping.start()
        do throws(HTTPServerError) {
            for server in adminServers { try server.start() }
            readiness.set(.ready)
            try publicServer.start()
        } catch {
            throw .listen(error)
        }
        log.emit(
            .info,
            "gateway started",
            [.text("public", "\(publicAddress)"), .text("admin", "\(adminAddress)")]
        )
    }

    /// Takes nothing new, answers what is in flight, commits what waits, closes the store.
    package func stop() {
        readiness.set(.draining)
        log.emit(.info, "gateway stopping", [])
        publicServer.drain(deadline: .seconds(drainSeconds))
        stopParts()
        log.emit(.info, "gateway stopped", [])
    }

    private func stopParts() {
        housekeeping.stop()
        applyLoop?.stop()
        catchUps?.stop()
        runScheduler?.stop()
        runLoop?.stop()
        mirrors?.stop()
        for server in adminServers { server.drain(deadline: .seconds(2)) }
        store.database.stop()
    }
}
