package import HTTPServer

/// The API as a listener's handler: copies the request out, answers through the responder.
package struct APIHandler: HTTPHandler {
    /// Our largest body, a new key's, is far below.
    package static let bodyBytesMax = 1024 * 1024

    private let pipeline: RequestPipeline

    package init(parts: APIParts, access: APIAccess, metrics: APIMetrics) {
        pipeline = RequestPipeline(parts: parts, access: access, metrics: metrics)
    }

    package func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission {
        guard head.contentLength ?? 0 <= Self.bodyBytesMax else {
            let problem = Problem(.bodyTooLarge, "A body here has at most \(Self.bodyBytesMax) bytes.")
            return .refuse(pipeline.refusal(problem, path: head.path).httpResponse)
        }
        return .accept(bodyBytesMax: Self.bodyBytesMax)
    }

    package func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    ) {
        pipeline.run(APICall(head, body: body)) { answer in
            responder.respond(answer.httpResponse)
        }
    }
}

extension APIAnswer {
    var httpResponse: HTTPResponse {
        // RFC 9110 §15.4.5: a 304 repeats only what a cache needs.
        let type = status == 304 ? [] : [("Content-Type", contentType)]
        return HTTPResponse(status: status, headers: type + headers, body: body)
    }
}
