import Foundation
import TestSupport
import Testing

/// A gateway whose connection `shop` is carried to a sandbox provider, on ports that outlive a restart.
final class MirroredShop {
    let folder: TestFolder
    let sandbox: RunningSandbox
    let publicPort: Int
    private(set) var shop: Shop
    /// Of the scope write.
    let key: String
    private let configuration: String

    /// - Parameter more: further members of the connection in the configuration, each with a comma before it.
    init(
        seed: UInt64 = 1,
        ratePerSecond: Int = 2_000,
        customers: Int = 0,
        more: String = ""
    ) async throws {
        folder = try TestFolder()
        publicPort = try FreePort.find()
        sandbox = try await RunningSandbox(webhookPort: publicPort, seed: seed, customers: customers)
        configuration = Self.configuration(
            sandbox.url,
            publicPort: publicPort,
            ratePerSecond: ratePerSecond,
            more: more
        )
        shop = try await Shop(in: folder, configuration: configuration, environment: Self.environment)
        key = try await shop.key(scopes: "write")
    }

    static let environment = ["SECRET": StripeEvent.secret, "API_KEY": RunningSandbox.key]

    static func configuration(
        _ url: String,
        publicPort: Int,
        ratePerSecond: Int = 2_000,
        more: String = ""
    ) -> String {
        """
        {"database": "sqlite:shop.db",
         "listen": {"public": "127.0.0.1:\(publicPort)", "admin": "127.0.0.1:0"},
         "connections": [{"name": "shop", "mode": "test", "provider": "stripe",
                          "api": {"base_url": "\(url)", "key": {"env": "API_KEY"}, "probe_s": 1,
                                  "rate_per_s": \(ratePerSecond)}\(more)}],
         "endpoints": [{"name": "stripe", "connection": "shop", "profile": "stripe",
                        "secrets": [{"env": "SECRET"}]}]}
        """
    }

    func restart() async throws {
        shop = try await Shop(in: folder, configuration: configuration, environment: Self.environment)
    }

    func store() throws -> StoreFile { try StoreFile(folder.path("shop.db")) }

    private static let storeFiles = ["shop.db", "shop.db-wal"]

    /// Of the store, while no server holds it.
    func keepCopy() throws {
        for name in Self.storeFiles where FileManager.default.fileExists(atPath: folder.path(name)) {
            try FileManager.default.copyItem(atPath: folder.path(name), toPath: folder.path("kept-" + name))
        }
    }

    /// Makes the store what it was when it was copied, while no server holds it.
    func putCopyBack() throws {
        for name in Self.storeFiles + ["shop.db-shm"] {
            if FileManager.default.fileExists(atPath: folder.path(name)) {
                try FileManager.default.removeItem(atPath: folder.path(name))
            }
            guard FileManager.default.fileExists(atPath: folder.path("kept-" + name)) else { continue }
            try FileManager.default.copyItem(atPath: folder.path("kept-" + name), toPath: folder.path(name))
        }
    }
}

extension Shop {
    /// A writing request on the admin listener.
    func send(
        _ line: String,
        key: String,
        idempotencyKey: String? = nil,
        body: String
    ) throws -> RawConnection.Answer {
        var headers = ["Authorization: Bearer \(key)"]
        if let idempotencyKey { headers.append("Idempotency-Key: \(idempotencyKey)") }
        return try RawConnection(port: adminPort).request(line, headers, body: body)
    }

    /// Makes a customer and gives its id.
    func makeCustomer(_ body: String, key: String) throws -> String {
        let made = try send("POST /v1/customers", key: key, body: body)
        guard made.status == 201, let id = made.members["id"] as? String else {
            throw StoreFile.Failure(message: "\(made.status) \(made.body)")
        }
        return id
    }

    func syncState(_ customer: String, key: String) throws -> String? {
        let shown = try get("/v1/customers/\(customer)", key: key).members
        return (shown["sync"] as? [String: Any])?["state"] as? String
    }
}

extension StoreFile {
    /// Operations that the provider, or a read after it, still owes us.
    func owed() throws -> Int { try number("SELECT COUNT(*) FROM outbox WHERE state <> 'done'") }

    /// What stands in the outbox, for a failing test's message.
    func outbox() throws -> [[String]] {
        try rows(
            "SELECT id, kind, state, attempts, wants_lookup, outcome, message FROM outbox WHERE state <> 'done'"
        )
    }
}

/// Asks until it is so, or records what was not, after so many seconds.
func eventually(
    _ what: String,
    seconds: Int = 60,
    sourceLocation: SourceLocation = #_sourceLocation,
    isTrue: () throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !isTrue() {
        guard clock.now < deadline else {
            throw StoreFile.Failure(message: "not within \(seconds) s: \(what)")
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
