import HTTPServer

/// Reads requests, visits the state, and carries answers out: at once, later, or wrong.
final class SandboxHandler: HTTPHandler {
    private let core: SandboxCore

    static let bodyBytesMax = 1024 * 1024

    init(_ core: SandboxCore) {
        self.core = core
    }

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission {
        .accept(bodyBytesMax: Self.bodyBytesMax)
    }

    func handle(_ head: borrowing HTTPRequestHead, body: UnsafeRawBufferPointer, responder: HTTPResponder) {
        let call = SandboxCall(
            method: head.methodText,
            path: head.path,
            query: Array(head.queryBytes),
            body: Array(body),
            authorization: head.header("authorization"),
            idempotencyKey: head.header("idempotency-key"),
            version: head.header("stripe-version"),
            contentType: head.header("content-type")
        )
        if call.path.hasPrefix("/v1/") {
            callAPI(call, responder)
        } else if call.path.hasPrefix("/sandbox/") {
            SandboxControl(core: core).answer(call, responder)
        } else if call.path.hasPrefix("/pay/") {
            PayPage(core: core).answer(call, responder)
        } else {
            responder.respond(HTTPResponse(status: 404, headers: [], body: Array("Nothing is here.\n".utf8)))
        }
    }

    private func callAPI(_ call: SandboxCall, _ responder: HTTPResponder) {
        let (keys, baseURL) = (core.configuration.keys, core.baseURL)
        let fixed = core.configuration.latencyMilliseconds
        let carriage = core.visit { state, now in
            let carriage = state.receive(call, now: now, keys: keys, baseURL: baseURL)
            // Nobody can come in between, so it is done already.
            if fixed + carriage.latencyMilliseconds == 0, carriage.fault == nil {
                state.finish(carriage, answered: true)
            }
            return carriage
        }
        let wait = fixed + carriage.latencyMilliseconds
        if wait == 0, carriage.fault == nil {
            responder.respond(HTTPResponse(carriage.answer))
        } else if wait == 0 {
            FaultyAnswer(core: core, carriage: carriage, responder: responder).carryOut()
        } else {
            let answer = FaultyAnswer(core: core, carriage: carriage, responder: responder)
            core.delayed.after(milliseconds: Int64(wait)) { answer.carryOut() }
        }
    }
}

extension HTTPResponse {
    init(_ answer: SandboxAnswer) {
        self.init(status: answer.status, headers: answer.headers, body: answer.body)
    }
}
