import HTTPServer

/// Refusals of the listener, RFC 9457. They say what was wrong with the request and nothing of its content.
enum WebhookProblem {
    static func response(
        status: Int,
        code: String,
        title: String,
        headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        // All parts are constants or codes of ours, so they need no escaping.
        let body = """
            {"type":"https://errors.tollgate.invalid/\(code)","title":"\(title)","status":\(status),"code":"\(code)"}
            """
        return HTTPResponse(
            status: status,
            headers: [("Content-Type", "application/problem+json")] + headers,
            body: Array(body.utf8)
        )
    }

    static let notFound = response(status: 404, code: "not_found", title: "There is nothing at this path")
    static let unknownEndpoint = response(
        status: 404,
        code: "webhook_endpoint_not_found",
        title: "No webhook endpoint has this name"
    )
    static let methodNotAllowed = response(
        status: 405,
        code: "method_not_allowed",
        title: "Webhooks are posted",
        headers: [("Allow", "POST")]
    )
    static let notReady = response(
        status: 503,
        code: "not_ready",
        title: "The gateway is starting or stopping",
        headers: [("Retry-After", "5")]
    )
    static let queueFull = response(
        status: 503,
        code: "overloaded",
        title: "The inbox takes no more for the moment",
        headers: [("Retry-After", "2")]
    )
    static let storeFailed = response(
        status: 503,
        code: "store_unavailable",
        title: "The event could not be stored",
        headers: [("Retry-After", "10")]
    )

    static func refusedSignature(status: Int, code: String) -> HTTPResponse {
        let title =
            code == "invalid_signature"
            ? "The signature is missing, malformed or wrong"
            : "The signature is right, its time is outside the tolerance"
        return response(status: status, code: code, title: title)
    }
}
