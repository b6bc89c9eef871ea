import API
import BillingModel
import Foundation
import HTTPServer
import TestSupport
import Testing

/// The API behind the real server, over TCP and over the control socket.
@Suite struct SocketTests {
    let harness: Harness
    let metrics = APIMetrics()

    init() throws {
        harness = try Harness()
    }

    private func serve(_ address: HTTPListenAddress, _ access: APIAccess) throws -> HTTPServer {
        var configuration = HTTPServerConfiguration(address: address)
        configuration.loopCount = 1
        let handler = APIHandler(parts: harness.parts, access: access, metrics: metrics)
        let server = HTTPServer(configuration: configuration, handler: handler)
        try server.start()
        return server
    }

    @Test func `the API answers over TCP`() throws {
        let server = try serve(.tcp(host: "127.0.0.1", port: 0), .bearerKeys(metricsAreOpen: true))
        defer { server.drain(deadline: .seconds(1)) }
        let port = server.boundPort
        let key = try harness.key(scopes: [.admin])
        let authorization = "Authorization: Bearer \(key)"
        try Rows.insertEvent(1, state: "dead", reason: "x", in: harness)

        let health = try PlainClient.request(port: port, ["GET /healthz HTTP/1.1"])
        #expect(health.status == 200 && health.body == #"{"status":"ok"}"#)

        let refused = try PlainClient.request(port: port, ["GET /v1/webhook_events HTTP/1.1"])
        #expect(refused.status == 401)
        #expect(refused.headers["content-type"] == "application/problem+json")
        #expect(refused.headers["request-id"]?.hasPrefix("req_") == true)
        #expect(refused.body.contains(try #require(refused.headers["request-id"])))

        let path = "/v1/webhook_events/\(publicID(.webhookEvent, 1))"
        let got = try PlainClient.request(port: port, ["GET \(path)?expand=body HTTP/1.1", authorization])
        #expect(got.status == 200 && got.body.contains(#""body":{"id":"evt""#))
        let tag = try #require(got.headers["etag"])

        let head = try PlainClient.request(port: port, ["HEAD \(path)?expand=body HTTP/1.1", authorization])
        #expect(head.status == 200 && head.body.isEmpty && head.headers["etag"] == tag)
        #expect(head.headers["content-length"] == got.headers["content-length"])

        let same = try PlainClient.request(
            port: port,
            ["GET \(path)?expand=body HTTP/1.1", authorization, "If-None-Match: \(tag)"]
        )
        #expect(same.status == 304 && same.body.isEmpty && same.headers["etag"] == tag)

        let retried = try PlainClient.request(
            port: port,
            ["POST \(path)/retry HTTP/1.1", authorization],
            body: "{}"
        )
        #expect(retried.status == 200 && retried.body.contains(#""state":"received""#))

        let wrong = try PlainClient.request(port: port, ["DELETE \(path) HTTP/1.1", authorization])
        #expect(wrong.status == 405 && wrong.headers["allow"] == "GET, HEAD")

        let changed = try PlainClient.request(
            port: port,
            ["GET \(path)?expand=body HTTP/1.1", authorization, "If-None-Match: \(tag)"]
        )
        #expect(changed.status == 200)
    }

    @Test func `a body that is announced too large is refused before it is sent`() throws {
        let server = try serve(.tcp(host: "127.0.0.1", port: 0), .bearerKeys(metricsAreOpen: true))
        defer { server.drain(deadline: .seconds(1)) }
        let answer = try PlainClient.request(
            port: server.boundPort,
            ["POST /v1/api_keys HTTP/1.1", "Content-Length: 1048577"]
        )
        #expect(answer.status == 413)
        #expect(answer.body.contains("body_too_large"))
    }

    @Test func `the control socket needs no key and makes keys`() throws {
        let path = harness.file.path + ".sock"
        let server = try serve(.unix(path: path), .controlSocket)
        defer { server.drain(deadline: .seconds(1)) }
        let made = try PlainClient.request(
            path: path,
            ["POST /v1/api_keys HTTP/1.1"],
            body: #"{"mode":"test","sites":["main"],"scopes":["read"]}"#
        )
        #expect(made.status == 201 && made.body.contains(#""key":"sk_test_"#))
        let listed = try PlainClient.request(path: path, ["GET /v1/api_keys HTTP/1.1"])
        #expect(listed.status == 200 && listed.body.contains(publicID(.apiKey, 1)))
        let events = try PlainClient.request(path: path, ["GET /v1/webhook_events HTTP/1.1"])
        #expect(events.status == 200)
    }
}
