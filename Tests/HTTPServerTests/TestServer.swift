import Glibc
import HTTPServer
import Threading
import Timing

/// Routes that show one behaviour each. Bodies are limited to 1,000 bytes, under `/big` to 2 MiB.
final class TestHandler: HTTPHandler {
    /// Responders of `/late`, in order of arrival, with the number in the query.
    let late = Lock<[(query: String, responder: HTTPResponder)]>([])
    static let hello = EncodedResponse(
        HTTPResponse(
            status: 200,
            headers: [(name: "Content-Type", value: "text/plain")],
            body: Array("hello".utf8)
        )
    )

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission {
        switch head.path {
        case "/refused": .refuse(HTTPResponse(status: 404))
        case "/big": .accept(bodyBytesMax: 2 * 1024 * 1024)
        default: .accept(bodyBytesMax: 1000)
        }
    }

    func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    ) {
        switch (head.method, head.path) {
        case (.get, "/hello"), (.head, "/hello"):
            responder.respond(Self.hello)
        case (.get, "/late"), (.post, "/late"):
            let query = head.query ?? ""
            late.withLock { $0.append((query, responder)) }
        case (.get, "/dropped"):
            break
        case (.get, "/large"):
            responder.respond(HTTPResponse(status: 200, body: [UInt8](repeating: 120, count: 1_000_000)))
        case (.get, "/twice"):
            responder.respond(HTTPResponse(status: 200, body: Array("first".utf8)))
            responder.respond(HTTPResponse(status: 500, body: Array("second".utf8)))
        case (.get, "/pieces"):
            responder.respond(
                raw: Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".utf8),
                then: .continues
            )
            responder.respond(raw: Array("abc".utf8), then: .continues)
            responder.respond(raw: Array("de".utf8), then: .closes)
            responder.respond(raw: Array("never".utf8), then: .closes)
        case (.get, "/short"):
            let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc".utf8)
            responder.respond(raw: bytes, then: .closes)
        case (.get, "/reset"):
            responder.respond(raw: [], then: .resets)
        case (.get, "/peer"):
            responder.respond(HTTPResponse(status: 200, body: Array(head.peerAddress.utf8)))
        case (.get, "/fields"):
            let text =
                "\(head.header("x-one") ?? "none")|\(head.headerValues("x-many").joined(separator: ","))"
            responder.respond(HTTPResponse(status: 200, body: Array(text.utf8)))
        case (.get, "/nothing"):
            responder.respond(HTTPResponse(status: 204, body: Array("never sent".utf8)))
        case (.get, "/injected"):
            let bad = [
                (name: "X-Bad", value: "a\r\nSet-Cookie: b"), (name: "X Bad", value: "c"),
                (name: "X", value: "d"),
            ]
            responder.respond(HTTPResponse(status: 200, headers: bad))
        case (.post, "/echo"), (.post, "/big"):
            responder.respond(HTTPResponse(status: 200, body: Array(body)))
        case (.get, _), (.head, _), (.post, _), (.options, _):
            responder.respond(HTTPResponse(status: 404))
        default:
            responder.respond(HTTPResponse(status: 405))
        }
    }

    /// Waits until `count` requests of `/late` have come; true when they did.
    func waitForLate(_ count: Int) -> Bool {
        eventually { late.withLock { $0.count } >= count }
    }
}

struct TestServer {
    let handler = TestHandler()
    let server: HTTPServer

    init(_ limits: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = .none, loops: Int = 2) throws {
        var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
        configuration.limits = limits
        configuration.trustedProxies = proxies
        configuration.loopCount = loops
        server = HTTPServer(configuration: configuration, handler: handler)
        try server.start()
    }

    func client() throws -> RawClient { try RawClient(port: server.boundPort) }
}

/// Looks until it is so; false after ten seconds.
func eventually(_ condition: () -> Bool) -> Bool {
    let clock = MonotonicClock.system
    let end = clock.nanoseconds() + 10_000_000_000
    while clock.nanoseconds() < end {
        if condition() { return true }
        pause(milliseconds: 2)
    }
    return false
}

func pause(milliseconds: Int32) {
    // Without a descriptor, since some tests have none left.
    usleep(UInt32(milliseconds) * 1000)
}
