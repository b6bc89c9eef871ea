import Foundation
import HTTPClient
import TestSupport
import Testing
import Threading

/// Over real TLS, against Debian's nginx.
@Suite(.nginx) struct `Over TLS the client` {
    let server: NginxServer

    init() throws {
        server = try #require(NginxServer.current)
    }

    private func request(
        _ site: NginxServer.Site,
        host: String = "127.0.0.1",
        path: String = "/",
        policy: AddressPolicy = .loopbackOnly,
        authority: String? = nil
    ) -> HTTPClientRequest {
        HTTPClientRequest(
            method: .get,
            url: server.url(site, host: host, path: path),
            addressPolicy: policy,
            certificateAuthorityFile: authority ?? server.certificates.authorityFile
        )
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func `speaks HTTP/2 with a server whose authority it was told`(host: String) async throws {
        let client = try TestClient()
        let response = try await client.client.send(request(.good, host: host))
        #expect(response.status == 200)
        #expect(response.version == .http2)
        #expect(response.text.hasPrefix("GET TLSv1.3 "))
        #expect(response.header("server")?.hasPrefix("nginx") == true)
        #expect(response.timings.tls > 0)
        #expect(response.timings.tls >= response.timings.connect)
        let second = try await client.client.send(request(.good, host: host))
        #expect(second.reusedConnection)
        #expect(second.timings.tls == 0)
    }

    @Test func `speaks HTTP/1.1 with a server that has no HTTP/2`() async throws {
        let client = try TestClient()
        let response = try await client.client.send(request(.plainVersion))
        #expect(response.version == .http1)
        #expect(try await client.client.send(request(.plainVersion)).reusedConnection)
    }

    @Test func `sends a burst over one connection`() async throws {
        let client = try TestClient()
        let request = request(.good)
        let answers = try await withThrowingTaskGroup(of: HTTPClientResponse.self) { group in
            for _ in 0..<40 { group.addTask { try await client.client.send(request) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers.map(\.text)).count == 1)
        #expect(answers.filter { !$0.reusedConnection }.count == 1)
    }

    @Test(arguments: HTTPClientMethod.allCases)
    func `keeps methods over HTTP/2`(method: HTTPClientMethod) async throws {
        var request = request(.good)
        request.method = method
        if method != .get && method != .head { request.body = Array("a=b".utf8) }
        let client = try TestClient()
        let response = try await client.client.send(request)
        #expect(response.status == 200)
        #expect(method == .head ? response.body.isEmpty : response.text.hasPrefix("\(method.rawValue) "))
    }

    @Test(arguments: [NginxServer.Site.expired, .early, .selfsigned, .elsewhere])
    func `believes no certificate that is not valid here and now`(site: NginxServer.Site) async throws {
        let client = try TestClient()
        let failure = try await client.failure(request(site))
        #expect(failure.kind == .trust)
        #expect(failure.curlCode == 60)
        #expect(failure.name == "CURLE_PEER_FAILED_VERIFICATION")
        #expect(!failure.mayHaveBeenSent)
        let word =
            switch site {
            case .expired: "expired"
            case .early: "not yet valid"
            case .selfsigned: "self-signed"
            default: "host name"
            }
        #expect(failure.text.contains(word), "\(failure)")
    }

    @Test func `does not believe the system's authorities in place of the named one, nor the reverse`()
        async throws
    {
        let client = try TestClient()
        var request = request(.good)
        request.certificateAuthorityFile = server.certificates.otherAuthorityFile
        #expect(try await client.failure(request).curlCode == 60)
        request.certificateAuthorityFile = nil
        let failure = try await client.failure(request)
        #expect(failure.kind == .trust, "\(failure)")
    }

    @Test func `uses no kept connection that another authority vouched for`() async throws {
        let client = try TestClient()
        #expect(try await client.client.send(request(.good)).status == 200)
        let failure = try await client.failure(
            request(.good, authority: server.certificates.otherAuthorityFile)
        )
        #expect(failure.kind == .trust)
        #expect(failure.curlCode == 60)
    }

    @Test func `uses no kept connection that its policy forbids`() async throws {
        let client = try TestClient()
        #expect(try await client.client.send(request(.good)).status == 200)
        let failure = try await client.failure(request(.good, policy: .publicOnly))
        #expect(failure.kind == .trust)
        #expect(failure.name == "address_refused")
        #expect(!failure.mayHaveBeenSent)
        #expect(try await client.client.send(request(.good)).status == 200)
    }

    @Test func `names an authority file that is missing or holds no certificate`() async throws {
        let client = try TestClient()
        let none = try server.folder.write("none.pem", "nothing\n")
        for file in [server.folder.path("missing.pem"), none] {
            let failure = try await client.failure(request(.good, authority: file))
            #expect(failure.kind == .trust)
            #expect(failure.curlCode == 77, "\(failure)")
            #expect(failure.name == "CURLE_SSL_CACERT_BADFILE")
        }
    }

    @Test func `notices an authority file that was repaired`() async throws {
        let client = try TestClient { $0.authorityFileLifetime = .seconds(1) }
        let wrong = try String(contentsOfFile: server.certificates.otherAuthorityFile, encoding: .utf8)
        let right = try String(contentsOfFile: server.certificates.authorityFile, encoding: .utf8)
        let file = try server.folder.write("repaired.pem", wrong)
        #expect(try await client.failure(request(.good, authority: file)).kind == .trust)
        try server.folder.write("repaired.pem", right)
        let succeeded = Lock(false)
        for _ in 0..<100 where !succeeded.withLock({ $0 }) {
            let response = try? await client.client.send(request(.good, authority: file))
            // Failures are expected until the file is read again.
            if response?.status == 200 { succeeded.withLock { $0 = true } }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(succeeded.withLock { $0 })
    }

    @Test func `refuses versions before TLS 1.2`() async throws {
        let failure = try await TestClient().failure(request(.outdated))
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 35)
        #expect(!failure.mayHaveBeenSent)
    }

    @Test func `keeps to the limit of the answer over HTTP/2`() async throws {
        try server.folder.write("large", String(repeating: "x", count: 300_000))
        let small = try TestClient { $0.responseBodyBytesMax = 200_000 }
        let failure = try await small.failure(request(.good, path: "/large"))
        #expect(failure.name == "response_body_too_large")
        let large = try TestClient()
        let answer = try await large.client.send(request(.good, path: "/large"))
        #expect(answer.body.count == 300_000)
    }

    @Test func `takes a server without TLS for a connection that failed`() async throws {
        let plain = try EchoServer()
        let url = plain.url("/hello").replacing("http://", with: "https://")
        let failure = try await TestClient().failure(url)
        #expect(failure.kind == .notSent)
        #expect(failure.curlCode == 35)
    }
}
