import Telemetry

/// What the API counts of itself; one for all its listeners, so that each family appears once.
package final class APIMetrics: Sendable {
    let unauthenticated = Counter()
    private let answers = (0..<5).map { _ in Counter() }
    private let latency = LatencyHistogram()

    package init() {}

    func record(status: Int, nanoseconds: UInt64) {
        answers[min(max(status / 100, 1), 5) - 1].add()
        latency.record(nanoseconds: nanoseconds)
    }

    func collect(into text: inout PrometheusText) {
        text.counter(
            "tollgate_api_requests_total",
            "Answers of the admin API by class of status.",
            answers.enumerated().map { ([("status", "\($0.offset + 1)xx")], $0.element.value) }
        )
        text.counter(
            "tollgate_api_unauthenticated_total",
            "Requests without a valid key.",
            unauthenticated.value
        )
        text.histogram(
            "tollgate_api_request_duration_seconds",
            "From the whole request to its answer.",
            latency.snapshot()
        )
    }
}
