import Glibc
import HTTPClient
import Testing

@Suite struct `The address policy` {
    static let scopes: [(String, AddressScope)] = [
        ("0.0.0.0", .unspecified), ("0.1.2.3", .reserved), ("8.8.8.8", .global), ("9.255.255.255", .global),
        ("10.0.0.0", .privateNetwork), ("10.255.255.255", .privateNetwork), ("11.0.0.0", .global),
        ("100.63.255.255", .global), ("100.64.0.0", .sharedNetwork), ("100.127.255.255", .sharedNetwork),
        ("100.128.0.0", .global), ("127.0.0.1", .loopback), ("127.255.255.254", .loopback),
        ("169.254.0.1", .linkLocal), ("169.254.169.254", .linkLocal), ("169.253.1.1", .global),
        ("172.15.255.255", .global), ("172.16.0.0", .privateNetwork), ("172.31.255.255", .privateNetwork),
        ("172.32.0.0", .global), ("192.0.0.8", .reserved), ("192.0.2.1", .reserved),
        ("192.88.99.1", .reserved), ("192.168.1.1", .privateNetwork), ("192.169.0.0", .global),
        ("198.18.0.1", .reserved), ("198.19.255.255", .reserved), ("198.51.100.7", .reserved),
        ("203.0.113.9", .reserved), ("224.0.0.1", .multicast), ("239.255.255.255", .multicast),
        ("240.0.0.1", .reserved), ("255.255.255.255", .reserved),
        ("::", .unspecified), ("::1", .loopback), ("::2", .reserved), ("::7f00:1", .reserved),
        ("::ffff:127.0.0.1", .loopback), ("::ffff:10.1.2.3", .privateNetwork),
        ("::ffff:169.254.169.254", .linkLocal), ("::ffff:8.8.8.8", .global), ("::ffff:0.0.0.0", .unspecified),
        ("64:ff9b::10.0.0.1", .privateNetwork), ("64:ff9b::8.8.8.8", .global), ("64:ff9b:1::1", .reserved),
        ("100::1", .reserved), ("2001:4860:4860::8888", .global), ("2001::1", .reserved),
        ("2001:1ff::1", .reserved), ("2001:200::1", .global), ("2001:db8::1", .reserved),
        ("2002:7f00:1::", .reserved), ("3fff:fff::1", .reserved), ("3fff:1000::1", .global),
        ("4000::1", .reserved), ("fc00::1", .privateNetwork), ("fd00:ec2::254", .privateNetwork),
        ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork),
        ("ff02::1", .multicast),
    ]

    @Test(arguments: scopes) func `knows how far an address reaches`(text: String, scope: AddressScope) {
        var bytes = [UInt8](repeating: 0, count: 16)
        let isVersion6 = text.utf8.contains(UInt8(ascii: ":"))
        #expect(inet_pton(isVersion6 ? AF_INET6 : AF_INET, text, &bytes) == 1)
        #expect(AddressScope(bytes: isVersion6 ? bytes : Array(bytes[..<4])) == scope)
    }

    @Test func `calls bytes of another length reserved`() {
        #expect(AddressScope(bytes: []) == .reserved)
        #expect(AddressScope(bytes: [8, 8, 8, 8, 8]) == .reserved)
    }

    /// With TLS, and without.
    static let table: [(AddressScope, AddressPolicy, Bool, Bool)] = [
        (.global, .publicOnly, true, false), (.global, .allowPrivate, true, false),
        (.global, .loopbackOnly, false, false),
        (.loopback, .publicOnly, false, false), (.loopback, .allowPrivate, true, true),
        (.loopback, .loopbackOnly, true, true),
        (.privateNetwork, .publicOnly, false, false), (.privateNetwork, .allowPrivate, true, true),
        (.privateNetwork, .loopbackOnly, false, false),
        (.sharedNetwork, .publicOnly, false, false), (.sharedNetwork, .allowPrivate, true, true),
        (.sharedNetwork, .loopbackOnly, false, false),
    ]

    @Test func `allows what its name says, and link-local, multicast and reserved never`() {
        for scope in AddressScope.allCases {
            for policy in AddressPolicy.allCases {
                let row = Self.table.first { $0.0 == scope && $0.1 == policy }
                #expect(policy.allows(scope, isPlain: false) == (row?.2 ?? false), "\(scope) \(policy)")
                #expect(policy.allows(scope, isPlain: true) == (row?.3 ?? false), "\(scope) \(policy) plain")
            }
        }
    }

    static let refused: [(String, AddressPolicy)] = [
        ("https://127.0.0.1:1/", .publicOnly), ("https://localhost:1/", .publicOnly),
        ("https://[::1]:1/", .publicOnly), ("https://[::ffff:127.0.0.1]:1/", .publicOnly),
        ("https://10.0.0.1:1/", .publicOnly), ("https://192.168.0.1:1/", .publicOnly),
        ("https://100.64.0.1:1/", .publicOnly), ("https://169.254.169.254/latest/meta-data", .publicOnly),
        ("https://0.0.0.0:1/", .publicOnly), ("https://224.0.0.1:1/", .publicOnly),
        // The ways to write 127.0.0.1 that only the resolver understands.
        ("https://2130706433:1/", .publicOnly), ("https://0x7f.1:1/", .publicOnly),
        ("http://169.254.169.254/", .allowPrivate), ("https://0.0.0.0:1/", .allowPrivate),
        ("http://192.0.2.1:1/", .allowPrivate), ("http://8.8.8.8:1/", .allowPrivate),
        ("http://10.0.0.1:1/", .loopbackOnly), ("https://8.8.8.8:1/", .loopbackOnly),
        ("http://[::ffff:10.0.0.1]:1/", .loopbackOnly), ("http://[::]:1/", .loopbackOnly),
    ]

    @Test(arguments: refused) func `is asked before a socket is opened`(url: String, policy: AddressPolicy)
        async throws
    {
        let client = try TestClient()
        let failure = try await client.failure(url, policy: policy)
        #expect(failure.kind == .trust, "\(failure)")
        #expect(failure.name == "address_refused")
        #expect(!failure.mayHaveBeenSent)
    }

    @Test(arguments: [AddressPolicy.allowPrivate, .loopbackOnly])
    func `lets plain HTTP through to this machine`(policy: AddressPolicy) async throws {
        let server = try EchoServer()
        let client = try TestClient()
        #expect(try await client.get(server.url("/hello"), policy: policy).text == "hello")
    }

    @Test func `refuses plain HTTP to public addresses before anything is looked up`() async throws {
        let server = try EchoServer()
        let client = try TestClient()
        let failure = try await client.failure(server.url("/hello"), policy: .publicOnly)
        #expect(failure.kind == .usage)
        #expect(failure.name == "bad_request")
    }
}
