import BillingModel
import Database
import HTTPClient
import JSON
import Lanes
import Mirror
import Outbox
import Providers
import Reconciler
import Schema
import Telemetry
import Threading
import Timing

/// The mirrors of all connections that have an API key, with the client and the board that they share.
final class ProviderMirrors: Sendable {
    // A stopping gateway does not wait for the slowest provider: what is on its way is sent again, with its key.
    private static let stopSecondsMax = 8

    let board: SettlementBoard
    private let client: HTTPClient
    let loops: [MirrorLoop]
    private let database: any DatabaseEngine
    private let owner: LeaseOwner
    private let keyEpoch: UInt64
    private let clock: WallClock
    private let log: Logger
    private let stopSeconds: Int

    init(
        _ configuration: GatewayConfiguration,
        store: GatewayStore,
        preparer: EventPreparer,
        random: RandomSource,
        options: Gateway.Options,
        log: Logger
    ) {
        let connections = Self.connections(configuration, store.connections)
        database = store.database
        keyEpoch = store.identity.keyEpoch
        clock = options.clock
        self.log = log
        stopSeconds = min(configuration.limits.drainSeconds, Self.stopSecondsMax)
        owner = LeaseOwner(drawn: random.next())
        var client = HTTPClientConfiguration()
        client.connectionsPerHostMax = max(connections.map(\.mirrored.inFlightMax).max() ?? 0, 1)
        client.connectionsMax = max(client.connectionsMax, 2 * client.connectionsPerHostMax)
        self.client = HTTPClient(configuration: client, monotonicClock: options.monotonic)
        let board = SettlementBoard(database: store.database, monotonic: options.monotonic)
        self.board = board
        var loops: [MirrorLoop] = []
        for (connection, configured) in connections {
            let recorder = ReadRecorder(
                preparer: preparer,
                connections: store.known,
                epoch: StoreEpoch(truncating: store.identity.idEpoch),
                schedule: Self.schedule(configured),
                confirm: configured.confirm
            )
            loops.append(
                MirrorLoop(
                    connection,
                    database: store.database,
                    transport: self.client,
                    recorder: AnswerRecorder(recorder, apiVersion: connection.apiVersion),
                    owner: owner,
                    keyEpoch: store.identity.keyEpoch,
                    clock: options.clock,
                    monotonic: options.monotonic,
                    random: random,
                    log: log,
                    didSettle: { board.settled($0) }
                )
            )
        }
        self.loops = loops
    }

    private static func schedule(_ configured: ConnectionConfiguration) -> ReadSchedule {
        guard configured.confirm.makesReads else { return .standard }
        return .standard.settling(after: configured.settleReadSeconds.map { Int64($0) * 1_000 })
    }

    /// Those that may be written to, in the order of the configuration.
    private static func connections(
        _ configuration: GatewayConfiguration,
        _ registered: [Connection]
    ) -> [(mirrored: MirrorConnection, configured: ConnectionConfiguration)] {
        configuration.connections.compactMap { configured in
            guard configured.provider == "stripe", let api = configured.api, let key = api.key,
                let connection = registered.first(where: { $0.name == configured.name })
            else { return nil }
            var mirrored = MirrorConnection(connection: connection, baseURL: api.baseURL, apiKey: key)
            if let version = api.version { mirrored.apiVersion = version }
            mirrored.addressPolicy = api.addressPolicy
            mirrored.certificateAuthorityFile = api.caFile
            mirrored.ratePerSecond = Double(api.ratePerSecond)
            mirrored.inFlightMax = api.inFlightMax
            mirrored.probeMilliseconds = Int64(api.probeSeconds) * 1_000
            mirrored.makesReads = configured.confirm.makesReads
            return (mirrored, configured)
        }
    }

    /// After the database's start, before the listeners.
    func start() throws(GatewayError) {
        let (owner, keyEpoch, now, mirrored) = (owner, keyEpoch, clock.now(), loops.map(\.connection))
        do throws(DatabaseError) {
            // Also without any mirror: what a dead process held is nobody's.
            let freed = try database.writeAndWait { transaction throws(DatabaseError) in
                let freed = try MirrorLoop.rescue(owner: owner, keyEpoch: keyEpoch, now: now, in: transaction)
                for connection in mirrored {
                    try LaneReadsTable.adopt(
                        makingReads: connection.makesReads,
                        on: connection.connection.id,
                        now: now,
                        in: transaction
                    )
                }
                return freed
            }
            if freed > 0 {
                log.emit(.info, "calls of an earlier process are taken up again", [.count(freed)])
            }
        } catch {
            throw .store(error)
        }
        board.start()
        guard !loops.isEmpty else { return }
        do throws(HTTPClientFailure) {
            try client.start()
        } catch {
            throw .client(error.description)
        }
        for loop in loops { loop.start() }
    }

    /// Calls on their way are waited for, the rest is left to the next start.
    func stop() {
        let threads = loops.map { loop in
            let seconds = stopSeconds
            return WorkerThread.start(name: "mirror-stop") { loop.stop(deadline: .seconds(seconds)) }
        }
        for thread in threads { thread.join() }
        client.stop()
        board.stop()
    }

    /// Something of the connection may have become due.
    func wake(_ connection: ConnectionID) {
        for loop in loops where loop.connection.connection.id == connection { loop.wake() }
    }

    /// A person ended the connection's pauses.
    func resume(_ connection: ConnectionID) {
        for loop in loops where loop.connection.connection.id == connection { loop.resume() }
    }

    /// Asks the connection's provider for a page of a list, or for an object beside it; see `MirrorLoop.fetch`. A
    /// connection without an API key is refused.
    func fetch(
        _ connection: ConnectionID,
        _ read: ProviderRead,
        done: @escaping @Sendable (PageAnswer) -> Void
    ) {
        guard let loop = loops.first(where: { $0.connection.connection.id == connection }) else {
            return done(.refused(.ours(code: "no_api_key", message: "the connection has no API key")))
        }
        loop.fetch(read, done: done)
    }

    /// Whose provider reconciliation runs may ask.
    ///
    /// - Parameter makers: connections at which local customers are made on their first write.
    func runConnections(makers: Set<ConnectionID>) -> [RunConnection] {
        loops.map { loop in
            let mirrored = loop.connection
            return RunConnection(
                mirrored.connection,
                apiVersion: mirrored.apiVersion,
                makesCustomers: makers.contains(mirrored.connection.id)
            )
        }
    }

    // MARK: Metrics

    func collect(into text: inout PrometheusText) {
        func label(_ loop: MirrorLoop) -> PrometheusText.Labels {
            [("connection", loop.connection.connection.name)]
        }
        text.counter(
            "tollgate_mirror_calls_total",
            "Calls to the provider that ended, by purpose and result.",
            loops.flatMap { loop in
                loop.statistics.callCounts.map { call in
                    (
                        label(loop) + [("purpose", call.purpose), ("result", call.result.rawValue)],
                        call.count
                    )
                }
            }
        )
        text.histogram(
            "tollgate_mirror_call_duration_seconds",
            "Writes to the provider, from the start of the call to its end.",
            loops.map { (label($0), $0.statistics.latency.snapshot()) }
        )
        text.counter(
            "tollgate_mirror_alerts_total",
            "What a person had to be told, by code.",
            loops.flatMap { loop in
                loop.statistics.alertCounts.map { (label(loop) + [("code", $0.code.rawValue)], $0.count) }
            }
        )
        text.gauge(
            "tollgate_mirror_in_flight",
            "Objects that a call is made for.",
            loops.map { (label($0), $0.statistics.inFlight.value) }
        )
        text.gauge(
            "tollgate_mirror_rate_milli",
            "Calls in a thousand seconds that the pace allows.",
            loops.map { (label($0), $0.statistics.milliRate.value) }
        )
        text.gauge(
            "tollgate_mirror_breaker",
            "1 for the state that the breaker is in.",
            loops.flatMap { loop in
                CircuitBreaker.State.allCases.map { state in
                    (label(loop) + [("state", state.rawValue)], loop.statistics.breaker == state ? 1 : 0)
                }
            }
        )
        text.gauge(
            "tollgate_mirror_paused",
            "1 while the provider refuses our key or is not trusted.",
            loops.flatMap { loop in
                LanePause.Cause.allCases.map { cause in
                    (label(loop) + [("cause", cause.rawValue)], loop.statistics.pause == cause ? 1 : 0)
                }
            }
        )
        text.counter(
            "tollgate_mirror_reads_total",
            "Reads of single objects, by why they were owed.",
            loops.flatMap { loop in
                loop.statistics.readCounts.map { read in
                    (label(loop) + [("reason", read.reason.rawValue)], read.count)
                }
            }
        )
        collectOwed(into: &text)
        collectDepth(into: &text)
    }

    private func collectOwed(into text: inout PrometheusText) {
        let loops = loops
        // As below: a scrape that cannot read leaves these families out.
        let owed = try? database.read { transaction throws(DatabaseError) in
            var owed: [(String, [OwedReads])] = []
            for loop in loops {
                let connection = loop.connection.connection
                let reads = try LaneReadsTable.owed(
                    on: connection.id,
                    onlyOfRuns: !loop.connection.makesReads,
                    in: transaction
                )
                owed.append((connection.name, reads))
            }
            return owed
        }
        guard let owed else { return }
        func label(_ name: String) -> PrometheusText.Labels { [("connection", name)] }
        text.gauge(
            "tollgate_reads_owed",
            "Objects that a read is owed of, by why.",
            owed.flatMap { name, reads in
                ReadReason.allCases.map { reason in
                    let count = reads.first { $0.reason == reason }?.count ?? 0
                    return (label(name) + [("reason", reason.rawValue)], count)
                }
            }
        )
        let now = clock.now()
        text.gauge(
            "tollgate_provisional_objects",
            "Objects whose state waits for a read.",
            owed.map { (label($0), $1.map(\.provisional).reduce(0, +)) }
        )
        text.gauge(
            "tollgate_provisional_oldest_age_ms",
            "How long the oldest of them has waited.",
            owed.map { name, reads in
                let oldest = reads.compactMap(\.oldestProvisional).min()
                return (label(name), oldest.map { max(now.milliseconds(since: $0), 0) } ?? 0)
            }
        )
    }

    private func collectDepth(into text: inout PrometheusText) {
        // A scrape that cannot read the depth leaves these families out, which an alert can see.
        let depth = try? database.read { transaction throws(DatabaseError) in
            try OutboxAdministration.depth(in: transaction)
        }
        guard let depth else { return }
        let age = depth.oldest.map { max(clock.now().milliseconds(since: $0), 0) } ?? 0
        text.gauge(
            "tollgate_outbox_operations",
            "Operations that are not done, by what they wait for.",
            [
                ([("state", "open")], Int64(depth.open)),
                ([("state", "acknowledged")], Int64(depth.acknowledged)),
                ([("state", "dead")], Int64(depth.dead)),
            ]
        )
        text.gauge("tollgate_outbox_oldest_age_ms", "Age of the oldest open operation.", age)
    }
}

extension AnswerRecorder {
    init(_ recorder: ReadRecorder, apiVersion: String) {
        @Sendable func sight(_ seen: SeenObject) -> CallSight {
            switch seen {
            case .present(let document): .object(document.root, apiVersion: apiVersion)
            case .missing: .missing
            }
        }
        self.init(
            readEnded: { read, seen, date, now, transaction throws(DatabaseError) in
                _ = try recorder.readEnded(read, sight(seen), date: date, now: now, in: transaction)
            },
            writeAnswered: { call, now, transaction throws(DatabaseError) in
                _ = try recorder.writeAnswered(
                    call.operation,
                    call.sent,
                    object: call.object,
                    sight(call.seen),
                    isReplayed: call.isReplayed,
                    date: call.date,
                    now: now,
                    in: transaction
                )
            }
        )
    }
}
