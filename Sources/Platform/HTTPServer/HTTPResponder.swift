/// Names one request of one server: plain numbers, 16 bytes. Stale tickets are recognised and ignored.
package struct HTTPTicket: Sendable, Hashable {
    let slot: UInt32
    let generation: UInt32
    let sequence: UInt32
    let loop: UInt16
}

/// What goes back for one request.
package enum HTTPAnswer: Sendable {
    case response(HTTPResponse)
    case encoded(EncodedResponse)
    /// Bytes as they are, for a peer that has to misbehave (the sandbox provider). Nothing is added or checked.
    case raw([UInt8], then: HTTPRawEnding)
}

/// What follows raw bytes.
package enum HTTPRawEnding: Sendable {
    /// The request stays open: more raw pieces of the same responder follow.
    case continues
    /// The connection is closed in order once the bytes were taken.
    case closes
    /// The connection is reset (RST) once the bytes were taken.
    case resets
}

/// Where answers go; the server, or a fake in the tests of handlers.
package protocol HTTPAnswerSink: AnyObject, Sendable {
    func respond(_ ticket: HTTPTicket, _ answer: HTTPAnswer)
    func respond(_ batch: [(HTTPTicket, HTTPAnswer)])
}

/// The right to answer one request, once, from any thread.
///
/// A second answer is ignored, and so is one whose connection has died. A responder that is dropped costs the
/// peer `HTTPLimits.answerDeadline`, then a 503.
package struct HTTPResponder: Sendable {
    package let ticket: HTTPTicket
    package let sink: any HTTPAnswerSink

    package func respond(_ response: HTTPResponse) {
        sink.respond(ticket, .response(response))
    }

    package func respond(_ encoded: EncodedResponse) {
        sink.respond(ticket, .encoded(encoded))
    }

    /// Sends `bytes` as they are, status line included. With `.continues` it may be called again; pieces of a
    /// request that waits behind another of its connection are kept only up to the first.
    package func respond(raw bytes: [UInt8], then ending: HTTPRawEnding) {
        sink.respond(ticket, .raw(bytes, then: ending))
    }

    /// Answers many requests with one lock and one wake-up per event loop. For threads that commit in groups.
    package static func respond(_ batch: [(HTTPResponder, HTTPAnswer)]) {
        var rest = batch[...]
        while let sink = rest.first?.0.sink {
            let end = rest.firstIndex { $0.0.sink !== sink } ?? rest.endIndex
            sink.respond(rest[..<end].map { ($0.0.ticket, $0.1) })
            rest = rest[end...]
        }
    }
}
