import BillingModel
import Inbox
import Reconciler
import Telemetry
import Timing
import WebhookListener

/// The catch-ups of all connections that have an API key: joins the provider's calls, the inbox and the runs.
final class CatchUps: Sendable {
    private let loops: [CatchUpLoop]
    private let clock: WallClock

    init(
        _ mirrors: ProviderMirrors,
        intake: InboxIntake,
        store: GatewayStore,
        wakeRuns: @escaping @Sendable () -> Void,
        clock: WallClock,
        random: RandomSource,
        log: Logger
    ) {
        let directory = ConnectionDirectory(store.connections)
        self.clock = clock
        loops = mirrors.connections.map { connection in
            let reader = ListedEventReader(connection: connection, directory: directory)
            return CatchUpLoop(
                connection,
                links: CatchUpLinks(
                    fetch: { mirrors.fetch(connection.id, $0, done: $1) },
                    read: { reader.event($0, token: $1, now: $2) },
                    offer: { intake.offer($0) },
                    standing: { mirrors.standing(of: connection.id) },
                    wakeRuns: wakeRuns
                ),
                database: store.database,
                clock: clock,
                random: random,
                log: log
            )
        }
    }

    func start() {
        for loop in loops { loop.start() }
    }

    /// Before the mirrors' stop.
    func stop() {
        for loop in loops { loop.stop() }
    }

    /// Hands on those that are for a catch-up.
    func answered(_ answers: [IntakeAnswer]) {
        for answer in answers where answer.replyToken.endpoint == CatchUpLoop.replyEndpoint {
            for loop in loops where answer.replyToken.high == CatchUpLoop.replyHigh(loop.connection.id) {
                loop.answered(answer)
            }
        }
    }

    // MARK: Metrics

    func collect(into text: inout PrometheusText) {
        func label(_ loop: CatchUpLoop) -> PrometheusText.Labels { [("connection", loop.connection.name)] }
        text.counter(
            "tollgate_catch_up_looks_total",
            "Looks through the provider's list of events, by how they ended.",
            loops.flatMap { loop in
                loop.statistics.lookCounts.map { (label(loop) + [("result", $0.ending.rawValue)], $0.count) }
            }
        )
        text.counter(
            "tollgate_catch_up_pages_total",
            "Pages of that list that were read.",
            loops.map { (label($0), $0.statistics.pages.value) }
        )
        text.counter(
            "tollgate_catch_up_events_total",
            "Events in it: those that a webhook had brought, and those that none had.",
            loops.flatMap { loop in
                [
                    (label(loop) + [("result", "known")], loop.statistics.known.value),
                    (label(loop) + [("result", "found")], loop.statistics.found.value),
                ]
            }
        )
        text.counter(
            "tollgate_catch_up_retries_total",
            "Pages that were asked for again.",
            loops.map { (label($0), $0.statistics.retries.value) }
        )
        text.counter(
            "tollgate_catch_up_gaps_total",
            "Times whose events the provider lists no more; each is the business of a run.",
            loops.map { (label($0), $0.statistics.gaps.value) }
        )
        let now = clock.now()
        text.gauge(
            "tollgate_catch_up_age_ms",
            "Time since the last complete look; left out before the first.",
            loops.compactMap { loop in
                loop.statistics.lastComplete.map { (label(loop), max(now.milliseconds(since: $0), 0)) }
            }
        )
    }
}
