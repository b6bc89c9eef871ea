import BillingModel
import Cryptography
import Database
import DatabaseSQLite
import HTTPServer
import Inbox
import JSON
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
        let applier = Applier(
            preparer: EventPreparer(),
            connections: store.connections,
            epoch: StoreEpoch(truncating: store.identity.idEpoch),
            random: random,
            clock: options.clock,
            monotonic: options.monotonic,
            log: log,
            wake: { database.wakeWriter() }
        )
        self.applier = applier
        applyLoop = ApplyLoop(
            database: database,
            preparer: EventPreparer(),
            applier: applier,
            clock: options.clock,
            onFailure: { error in
                log.emitLimited(.error, "due events could not be read", [.reason("\(error)")])
            }
        )
        let intake = InboxIntake(
            limits: Self.intakeLimits(configuration.limits),
            wake: { database.wakeWriter() },
            isSameData: EventComparison.isSameData,
            answer: relay.answer,
            didStore: { applier.progress.raise() }
        )
        self.intake = intake
        // The intake comes first in every commit: those it answers are waiting.
        database.join(intake)
        if !options.acceptOnly { database.join(applier) }
        housekeeping = Housekeeping(
            sweeper: RetentionSweeper(
                database: database,
                periods: RetentionSweeper.Periods(
                    eventBodiesDays: configuration.retention.eventBodiesDays,
                    eventIDsDays: configuration.retention.eventIDsDays
                )
            ),
            clock: options.clock,
            log: log
        )

        let listenerStatistics = ListenerStatistics()
        let handler = WebhookHandler(
            endpoints: try Self.endpoints(configuration, store.connections),
            directory: ConnectionDirectory(store.connections),
            offer: { intake.offer($0) },
            isReady: { readiness.current == .ready },
            clock: options.clock,
            statistics: listenerStatistics,
            fallback: { _ in nil }
        )
        publicServer = HTTPServer(
            configuration: Self.publicListener(configuration),
            handler: handler
        )
        relay.connect(handler: handler, server: publicServer)
        adminServers = []
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
