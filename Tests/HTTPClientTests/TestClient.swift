import HTTPClient
import HTTPServer
import Testing
import Threading

/// A started client that is stopped at the end of the test.
final class TestClient: Sendable {
    let client: HTTPClient

    init(_ change: (inout HTTPClientConfiguration) -> Void = { _ in }) throws {
        var configuration = HTTPClientConfiguration()
        change(&configuration)
        client = HTTPClient(configuration: configuration)
        try client.start()
    }

    deinit {
        client.stop()
    }

    func get(_ url: String, policy: AddressPolicy = .loopbackOnly) async throws(HTTPClientFailure)
        -> HTTPClientResponse
    {
        try await client.send(HTTPClientRequest(method: .get, url: url, addressPolicy: policy))
    }

    /// The failure of a request that has to fail.
    func failure(
        _ request: HTTPClientRequest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPClientFailure {
        do throws(HTTPClientFailure) {
            let response = try await client.send(request)
            let message: Comment = "answered \(response.status) where a failure was due"
            Issue.record(message, sourceLocation: sourceLocation)
            throw .init(kind: .usage, name: "no_failure", text: "", mayHaveBeenSent: false)
        } catch {
            return error
        }
    }

    func failure(
        _ url: String,
        policy: AddressPolicy = .loopbackOnly,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> HTTPClientFailure {
        let request = HTTPClientRequest(method: .get, url: url, addressPolicy: policy)
        return try await failure(request, sourceLocation: sourceLocation)
    }
}

extension HTTPClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Our own server with routes that show what arrived.
final class EchoHandler: HTTPHandler {
    let held = Lock<[HTTPResponder]>([])

    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission { .accept(bodyBytesMax: 5_000_000) }

    func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    ) {
        switch head.path {
        case "/echo": responder.respond(HTTPResponse(status: 200, body: Array(body)))
        case "/held": held.withLock { $0.append(responder) }
        case "/large":
            let count = Int(head.query ?? "") ?? 0
            responder.respond(HTTPResponse(status: 200, body: [UInt8](repeating: 120, count: count)))
        case "/moved":
            let location = (name: "Location", value: "/hello")
            responder.respond(HTTPResponse(status: 302, headers: [location]))
        case "/seen":
            let fields = [
                "expect", "content-type", "accept", "x-empty", "x-key", "user-agent", "content-length",
            ]
            let seen = fields.map { "\($0)=\(head.header($0) ?? "none")" }.joined(separator: " ")
            responder.respond(
                HTTPResponse(
                    status: 200,
                    headers: [(name: "X-Seen", value: "\(head.methodText) \(head.target) \(seen)")]
                )
            )
        default:
            responder.respond(HTTPResponse(status: 200, body: Array("hello".utf8)))
        }
    }

    func answerHeld() {
        let held = held.withLock { held in
            let taken = held
            held = []
            return taken
        }
        for responder in held { responder.respond(HTTPResponse(status: 200)) }
    }
}

final class EchoServer: Sendable {
    let handler = EchoHandler()
    private let server: HTTPServer

    init() throws {
        var configuration = HTTPServerConfiguration(address: .tcp(host: "127.0.0.1", port: 0))
        configuration.loopCount = 1
        server = HTTPServer(configuration: configuration, handler: handler)
        try server.start()
    }

    deinit {
        server.drain(deadline: .zero)
    }

    func url(_ path: String) -> String { "http://127.0.0.1:\(server.boundPort)\(path)" }
}
