import HTTPServer

/// Answers every request with the same 200, whatever its body: what our listener alone can do.
struct StaticHandler: HTTPHandler {
    private let answer = EncodedResponse(
        HTTPResponse(
            status: 200,
            headers: [("Content-Type", "application/json")],
            body: Array(#"{"received":true,"duplicate":false}"#.utf8)
        )
    )

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission {
        .accept(bodyBytesMax: 2 << 20)
    }

    func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    ) {
        responder.respond(answer)
    }
}
