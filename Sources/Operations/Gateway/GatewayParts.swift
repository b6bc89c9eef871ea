import API
import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import HTTPServer
import Inbox
import JSON
import Lanes
import Reconciler
import Schema
import Telemetry
import Threading
import Timing
import WebhookListener
import WebhookVerifier

/// Everything between the store and the sockets, built once and joined together.
struct GatewayParts {
    let intake: InboxIntake
    let applier: Applier
    let applyLoop: ApplyLoop
    let mirrors: ProviderMirrors
    let runLoop: RunsLoop
    let catchUps: CatchUps
    let runScheduler: RunScheduler
    let publicServer: HTTPServer
    let adminServers: [HTTPServer]
    let housekeeping: Housekeeping

    init(
        _ configuration: GatewayConfiguration,
        store: GatewayStore,
        readiness: Readiness,
        options: Gateway.Options,
        log: Logger
    ) throws(GatewayError) {
        let database = store.database
        let random = RandomSource.system()
        let relay = AnswerRelay()
        let applying = EventSignal()
        let intake = InboxIntake(
            limits: Self.intakeLimits(configuration.limits),
            clock: options.clock,
            wake: { database.wakeWriter() },
            isSameData: EventComparison.isSameData,
            answer: relay.answer,
            didStore: { applying.raise() },
            didFail: { count, error in
                log.emitLimited(.error, "events could not be stored", [.count(count), .reason("\(error)")])
            }
        )
        let preparer = EventPreparer(connections: store.known)
        let applier = Applier(
            preparer: preparer,
            // Also those that are configured no more: events of theirs may wait or be replayed.
            connections: store.known,
            epoch: StoreEpoch(truncating: store.identity.idEpoch),
            confirm: Self.confirm(configuration, store.connections),
            random: random,
            clock: options.clock,
            monotonic: options.monotonic,
            log: log,
            progress: applying,
            isSomebodyWaiting: { intake.waitingCount > 0 },
            wake: { database.wakeWriter() }
        )
        self.applier = applier
        applyLoop = ApplyLoop(
            database: database,
            preparer: preparer,
            applier: applier,
            clock: options.clock,
            onFailure: { error in
                log.emitLimited(.error, "due events could not be read", [.reason("\(error)")])
            }
        )
        self.intake = intake
        let mirrors = ProviderMirrors(
            configuration,
            store: store,
            preparer: preparer,
            random: random,
            options: options,
            log: log
        )
        self.mirrors = mirrors
        let writable = Self.writable(configuration, store.connections)
        let runLoop = RunsLoop(
            database: database,
            connections: mirrors.runConnections(
                makers: Set(writable.filter(\.makesCustomersOnWrite).map(\.connection.id))
            ),
            known: store.known,
            preparer: preparer,
            epoch: StoreEpoch(truncating: store.identity.idEpoch),
            fetch: { mirrors.fetch($0, $1, done: $2) },
            clock: options.clock,
            log: log,
            wakeMirror: { mirrors.wake($0) }
        )
        self.runLoop = runLoop
        let catchUps = CatchUps(
            mirrors,
            intake: intake,
            store: store,
            wakeRuns: { runLoop.wake() },
            clock: options.clock,
            random: random,
            log: log
        )
        relay.connect(catchUps: catchUps)
        self.catchUps = catchUps
        let runScheduler = RunScheduler(
            database: database,
            control: RunControl(database: database, clock: options.clock, wake: { runLoop.wake() }),
            connections: store.known,
            schedules: Self.schedules(configuration, writable.map(\.connection)),
            clock: options.clock,
            random: random,
            log: log
        )
        self.runScheduler = runScheduler
        // The applier comes first in every commit: the first part is the cheapest to write, and its is the largest.
        // The intake's then also holds what arrived meanwhile.
        if !options.acceptOnly { database.join(applier) }
        database.join(intake)
        housekeeping = Housekeeping(
            sweeper: RetentionSweeper(
                database: database,
                periods: RetentionSweeper.Periods(
                    eventBodiesDays: configuration.retention.eventBodiesDays,
                    eventIDsDays: configuration.retention.eventIDsDays
                )
            ),
            database: database,
            clock: options.clock,
            log: log
        )

        let listenerStatistics = ListenerStatistics()
        let pulse = WriterPulse(database: database, clock: options.monotonic)
        let probes = ReadinessProbes(
            isDraining: { readiness.current == .draining },
            isStoreReadable: { Self.isReadable(database) },
            isWriterAnswering: { pulse.isAnswering() },
            isIntakeQueueFull: { intake.isFull }
        )
        let health = HealthRoutes(readiness: probes.unreadiness)
        let handler = WebhookHandler(
            endpoints: try Self.endpoints(configuration, store.connections),
            directory: ConnectionDirectory(store.connections),
            bodyBytesMax: configuration.limits.webhookBodyBytes,
            offer: { intake.offer($0) },
            isReady: { readiness.current == .ready },
            clock: options.clock,
            statistics: listenerStatistics,
            log: log,
            fallback: { health.response(to: $0) }
        )
        let publicServer = HTTPServer(configuration: Self.publicListener(configuration), handler: handler)
        relay.connect(handler: handler, server: publicServer)
        self.publicServer = publicServer

        let pipelineMetrics = GatewayMetrics(
            listener: listenerStatistics,
            intake: intake,
            applier: applier,
            database: database,
            publicServer: publicServer,
            readiness: readiness,
            clock: options.clock
        )
        var api = APIParts(
            database: database,
            epoch: StoreEpoch(truncating: store.identity.idEpoch),
            connections: store.known,
            log: log,
            health: health,
            random: random
        )
        api.metrics = [
            { pipelineMetrics.collect(into: &$0) }, { mirrors.collect(into: &$0) },
            { catchUps.collect(into: &$0) },
            { runScheduler.collect(into: &$0) },
        ]
        api.wallClock = options.clock
        api.monotonicClock = options.monotonic
        api.writable = writable
        if !options.acceptOnly {
            api.operations = mirrors
            api.wakeRuns = { runLoop.wake() }
        }
        adminServers = Self.adminListeners(configuration, api)
    }

    /// Of connections whose provider may be asked.
    private static func schedules(
        _ configuration: GatewayConfiguration,
        _ askable: [Connection]
    ) -> [(ConnectionID, ReconcileSchedule)] {
        configuration.connections.compactMap { configured in
            guard let schedule = configured.reconcile,
                let connection = askable.first(where: { $0.name == configured.name })
            else { return nil }
            return (connection.id, schedule)
        }
    }

    /// Connections whose provider we may call and whose language we speak.
    private static func writable(
        _ configuration: GatewayConfiguration,
        _ connections: [Connection]
    ) -> [WritableConnection] {
        configuration.connections.compactMap { configured in
            guard configured.api?.key != nil, configured.provider == "stripe",
                let connection = connections.first(where: { $0.name == configured.name })
            else { return nil }
            return WritableConnection(
                connection,
                makesCustomersOnWrite: configured.providerCustomers == .onWrite
            )
        }
    }

    /// When objects of the connections are read; those that cannot be called are left out.
    private static func confirm(
        _ configuration: GatewayConfiguration,
        _ connections: [Connection]
    ) -> [ConnectionID: ConfirmPolicy] {
        var confirm: [ConnectionID: ConfirmPolicy] = [:]
        for configured in configuration.connections
        where configured.api?.key != nil && configured.provider == "stripe" {
            guard let connection = connections.first(where: { $0.name == configured.name }) else { continue }
            confirm[connection.id] = configured.confirm
        }
        return confirm
    }

    /// The API twice: for keys over TCP, and for whoever may open the control socket.
    private static func adminListeners(_ configuration: GatewayConfiguration, _ api: APIParts) -> [HTTPServer]
    {
        let metrics = APIMetrics()
        func server(_ address: HTTPListenAddress, _ access: APIAccess, _ name: String) -> HTTPServer {
            var listener = HTTPServerConfiguration(address: address)
            listener.loopCount = 1
            listener.name = name
            listener.limits.connectionCountMax = 256
            return HTTPServer(
                configuration: listener,
                handler: APIHandler(parts: api, access: access, metrics: metrics)
            )
        }
        return [
            server(
                configuration.listen.adminAddress,
                .bearerKeys(metricsAreOpen: isLoopback(configuration.listen.adminAddress)),
                "admin"
            ),
            server(.unix(path: configuration.database.controlSocketPath), .controlSocket, "control"),
        ]
    }

    /// On loopback whoever can ask could also read the process list; elsewhere a scraper brings a key.
    private static func isLoopback(_ address: HTTPListenAddress) -> Bool {
        switch address {
        case .tcp(let host, _): host == "::1" || host.hasPrefix("127.")
        case .unix: true
        }
    }

    private static func isReadable(_ database: SQLiteDatabase) -> Bool {
        do throws(DatabaseError) {
            return try database.read { transaction throws(DatabaseError) in
                _ = try StoreMetaTable.value(of: "id_epoch", in: transaction)
                return true
            }
        } catch {
            // Whoever reads the store for its rows says the reason; here only the answer counts.
            return false
        }
    }

    private static func intakeLimits(_ limits: LimitsConfiguration) -> InboxIntake.Limits {
        var intake = InboxIntake.Limits()
        intake.waitingMax = limits.intakeQueueEvents
        intake.waitingBytesMax = limits.intakeQueueBytes
        return intake
    }

    private static func publicListener(_ configuration: GatewayConfiguration) -> HTTPServerConfiguration {
        var server = HTTPServerConfiguration(address: configuration.listen.publicAddress)
        server.trustedProxies = configuration.listen.trustedProxies
        server.name = "public"
        server.limits.connectionCountMax = configuration.limits.connections
        server.limits.connectionsPerAddressMax = configuration.limits.connectionsPerAddress
        return server
    }

    private static func endpoints(
        _ configuration: GatewayConfiguration,
        _ connections: [Connection]
    ) throws(GatewayError) -> [WebhookEndpoint] {
        var endpoints: [WebhookEndpoint] = []
        for endpoint in configuration.endpoints {
            guard let connection = connections.first(where: { $0.name == endpoint.connection }) else {
                throw .endpoint(
                    name: endpoint.name,
                    problem: "there is no connection \"\(endpoint.connection)\""
                )
            }
            endpoints.append(
                WebhookEndpoint(name: endpoint.name, connection: connection, configuration: endpoint.verifier)
            )
        }
        return endpoints
    }
}
