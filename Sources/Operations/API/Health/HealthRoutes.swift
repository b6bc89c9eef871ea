package import HTTPServer
import JSON

/// `/healthz` (the process lives) and `/readyz` (it takes webhooks), for every listener.
///
/// A handler of another room falls back to `response(to:)` through a closure, so that it need not import this.
package struct HealthRoutes: Sendable {
    /// Nil means ready; else a stable word for why not, such as `draining`.
    package typealias Readiness = @Sendable () -> String?

    private let readiness: Readiness

    package init(readiness: @escaping Readiness) {
        self.readiness = readiness
    }

    /// Nil when the path is no health path.
    package func response(to head: borrowing HTTPRequestHead) -> HTTPResponse? {
        answer(method: head.method, path: head.path)?.httpResponse
    }

    func answer(method: HTTPMethod, path: String) -> APIAnswer? {
        guard path == "/healthz" || path == "/readyz" else { return nil }
        guard method == .get || method == .head else {
            var answer = status("method_not_allowed", reason: nil, code: 405)
            answer.headers.append(("Allow", "GET, HEAD"))
            return answer
        }
        guard path == "/readyz", let reason = readiness() else { return status("ok", reason: nil, code: 200) }
        var answer = status("unavailable", reason: reason, code: 503)
        answer.headers.append(("Retry-After", "1"))
        return answer
    }

    private func status(_ word: String, reason: String?, code: Int) -> APIAnswer {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.field("status", word)
        if let reason { writer.field("reason", reason) }
        writer.endObject()
        var answer = APIAnswer.json(writer.bytes, status: code)
        answer.headers.append(("Cache-Control", "no-store"))
        return answer
    }
}
