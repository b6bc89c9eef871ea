import Database
import DatabaseSQLite
import Glibc
import HTTPServer
import Inbox
import Reconciler
import Telemetry
import Timing
import WebhookListener

/// What `/metrics` says of the pipeline; each room counts for itself, this only names the families.
struct GatewayMetrics: Sendable {
    let listener: ListenerStatistics
    let intake: InboxIntake
    let applier: Applier
    let database: SQLiteDatabase
    let publicServer: HTTPServer
    let readiness: Readiness
    let clock: WallClock

    func collect(into text: inout PrometheusText) {
        collectIntake(into: &text)
        collectApplying(into: &text)
        collectStore(into: &text)
        collectServer(into: &text)
    }

    private func collectIntake(into text: inout PrometheusText) {
        let statistics = intake.statistics
        text.counter(
            "tollgate_webhooks_received_total",
            "Webhooks with a right signature.",
            listener.verified.value
        )
        text.counter(
            "tollgate_webhooks_rejected_total",
            "Webhooks that were not taken, by reason.",
            listener.rejectedByReason.map { (Self.reason($0.reason), $0.count) }
        )
        text.counter("tollgate_inbox_stored_total", "Events stored and flushed.", statistics.stored)
        text.counter(
            "tollgate_inbox_duplicates_total",
            "Events that were known already.",
            statistics.duplicates
        )
        text.counter(
            "tollgate_inbox_anomalies_total",
            "Known ids that came with other data; the first stays.",
            statistics.anomalies
        )
        text.counter(
            "tollgate_inbox_shed_total",
            "Events refused because the queue was full.",
            statistics.shed
        )
        text.counter("tollgate_inbox_failed_total", "Events whose commit failed.", statistics.failed)
        text.counter(
            "tollgate_inbox_ignored_total",
            "Events stored without effect.",
            listener.ignored.value
        )
        text.counter(
            "tollgate_inbox_unreadable_total",
            "Signed bodies that are no event.",
            listener.unreadable.value
        )
        text.gauge("tollgate_inbox_waiting", "Events that wait for a commit.", Int64(statistics.waiting))
        text.counter("tollgate_commit_batches_total", "Commits that held events.", statistics.batches)
        text.gauge(
            "tollgate_commit_batch_events_max",
            "Most events in one commit.",
            Int64(statistics.batchLargest)
        )
        text.histogram(
            "tollgate_intake_duration_seconds",
            "From receipt of a webhook to the flush that it is answered after.",
            intake.latency.snapshot()
        )
    }

    private static func reason(_ text: String) -> PrometheusText.Labels {
        [("reason", text)]
    }

    private func collectApplying(into text: inout PrometheusText) {
        let statistics = applier.statistics
        text.counter("tollgate_events_applied_total", "Events applied to the store.", statistics.applied)
        text.counter(
            "tollgate_events_ignored_total",
            "Events settled without effect.",
            statistics.ignored
        )
        text.counter("tollgate_events_dead_total", "Events given up: dead letters.", statistics.dead)
        text.counter("tollgate_events_retried_total", "Tries that failed and come again.", statistics.retried)
        text.counter(
            "tollgate_events_gaps_total",
            "Objects whose state began to rest on a missed event.",
            statistics.gaps
        )
        text.counter(
            "tollgate_events_guesses_total",
            "Objects whose state began to be one of several possible ones.",
            statistics.guesses
        )
        text.counter(
            "tollgate_events_near_read_total",
            "Events that the last read may or may not have contained, so that another one tells.",
            statistics.nears
        )
        text.counter(
            "tollgate_reads_withdrawn_total",
            "Reads that late events made needless.",
            statistics.withdrawals
        )
        text.gauge("tollgate_apply_prepared", "Events read and not settled yet.", Int64(statistics.waiting))
        text.histogram(
            "tollgate_apply_lag_seconds",
            "From receipt of a webhook to the flush of its effect.",
            applier.lag.snapshot()
        )
        // A scrape that cannot read the depth leaves these families out, which an alert can see.
        let depth = try? database.read { transaction throws(DatabaseError) in
            try InboxAdministration.depth(in: transaction)
        }
        guard let depth else { return }
        let age = depth.oldestReceived.map { max(clock.now().milliseconds(since: $0), 0) } ?? 0
        text.gauge("tollgate_inbox_pending", "Stored events that are not applied yet.", Int64(depth.pending))
        text.gauge("tollgate_inbox_dead", "Dead letters that wait for a person.", Int64(depth.dead))
        text.gauge("tollgate_inbox_oldest_age_ms", "Age of the next event to apply, in milliseconds.", age)
    }

    private func collectStore(into text: inout PrometheusText) {
        let statistics = database.statistics
        text.counter(
            "tollgate_store_commits_total",
            "Commits, each told after its flush.",
            statistics.commits
        )
        text.seconds(
            "tollgate_store_commit_seconds_total",
            "Time in transactions; a flush runs beside the next one.",
            isCounter: true,
            nanoseconds: statistics.commitNanoseconds
        )
        text.counter(
            "tollgate_store_flushes_total",
            "Flushes of the WAL, each of one commit or more.",
            statistics.flushes
        )
        text.seconds(
            "tollgate_store_flush_seconds_total",
            "Time in flushes of the WAL.",
            isCounter: true,
            nanoseconds: statistics.flushNanoseconds
        )
        text.counter("tollgate_store_checkpoints_total", "Checkpoints of the WAL.", statistics.checkpoints)
        text.seconds(
            "tollgate_store_checkpoint_seconds_total",
            "Time in checkpoints.",
            isCounter: true,
            nanoseconds: statistics.checkpointNanoseconds
        )
        text.gauge(
            "tollgate_store_checkpoint_us_max",
            "Longest checkpoint, in microseconds.",
            Int64(statistics.checkpointNanosecondsMax / 1_000)
        )
    }

    private func collectServer(into text: inout PrometheusText) {
        let counters = publicServer.counters()
        text.gauge(
            "tollgate_http_open_connections",
            "Connections of the public listener.",
            Int64(counters.openConnections)
        )
        text.counter("tollgate_http_requests_total", "Requests of the public listener.", counters.requests)
        text.counter(
            "tollgate_http_refusals_total",
            "Requests and connections that broke a rule or a limit.",
            HTTPRefusal.allCases.map { (Self.reason($0.code), counters.refused($0)) }
        )
        text.gauge("tollgate_ready", "1 while webhooks are taken.", readiness.current == .ready ? 1 : 0)
    }
}
