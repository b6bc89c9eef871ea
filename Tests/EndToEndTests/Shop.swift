import Foundation
import TestSupport

/// A running gateway on a folder of its own, with what a test asks it.
final class Shop {
    let folder: TestFolder
    let gateway: RunningGateway
    private let environment: [String: String]
    let publicPort: Int
    let adminPort: Int

    init(
        in folder: TestFolder? = nil,
        _ words: [String] = [],
        configuration: String = RunningGateway.configuration,
        environment: [String: String] = ["SECRET": StripeEvent.secret],
        through launcher: [String] = []
    ) async throws {
        let folder = try folder ?? TestFolder()
        self.folder = folder
        self.environment = environment
        gateway = try RunningGateway(
            in: folder,
            words,
            configuration: configuration,
            environment: environment,
            through: launcher
        )
        (publicPort, adminPort) = try await gateway.started()
    }

    func connection() throws -> RawConnection { try RawConnection(port: publicPort) }

    func store() throws -> StoreFile { try StoreFile(folder.path("shop.db")) }

    /// Waits until all that is stored is settled.
    func drained() async throws {
        let gateway = gateway
        try await store().drained { gateway.isRunning }
    }

    /// The program with these words, in the shop's folder.
    func tollgate(_ words: String...) async throws -> TollgateProcess.Outcome {
        try await tollgate(words)
    }

    func tollgate(_ words: [String]) async throws -> TollgateProcess.Outcome {
        try await TollgateProcess.run(words, in: folder.url, environment: environment)
    }

    /// A new API key.
    func key(scopes: String = "read", mode: String = "test", site: String = "main") async throws -> String {
        let made = try await tollgate(
            "keys",
            "create",
            "--mode",
            mode,
            "--site",
            site,
            "--scopes",
            scopes,
            "--name",
            "e2e"
        )
        guard made.exitCode == 0 else { throw StoreFile.Failure(message: made.diagnostics) }
        return String(made.output.dropLast())
    }

    /// GET on the admin listener.
    func get(_ target: String, key: String? = nil) throws -> RawConnection.Answer {
        let bearer = key.map { ["Authorization: Bearer \($0)"] } ?? []
        return try RawConnection(port: adminPort).request("GET \(target)", bearer)
    }

    /// All elements of a list over its pages.
    func list(_ target: String, key: String) throws -> [[String: Any]] {
        var elements: [[String: Any]] = []
        var cursor: String?
        repeat {
            let more = cursor.map { "&cursor=\($0)" } ?? ""
            let answer = try get(target + (target.contains("?") ? "&" : "?") + "limit=50" + more, key: key)
            guard answer.status == 200, let data = answer.members["data"] as? [[String: Any]] else {
                throw StoreFile.Failure(message: "\(target): \(answer.status) \(answer.body)")
            }
            elements += data
            cursor = answer.members["next_cursor"] as? String
        } while cursor != nil
        return elements
    }

    /// Sends files of the repository as the provider would, and waits until all is settled.
    func replay(_ files: [String], _ options: [String] = []) async throws {
        let outcome = try await TollgateProcess.run(
            ["replay"] + files + options + [
                "--to", "http://127.0.0.1:\(publicPort)/webhooks/stripe", "--secret-env", "SECRET",
            ],
            environment: ["SECRET": StripeEvent.secret]
        )
        guard outcome.exitCode == 0 else { throw StoreFile.Failure(message: outcome.everything) }
        try await drained()
    }

    /// All that the API shows, versions and times of change included.
    func everything(key: String) throws -> Set<String> {
        var elements: Set<String> = []
        for name in [
            "customers", "subscriptions", "products", "prices", "invoices", "checkout_sessions",
            "payment_methods",
        ] {
            for element in try list("/v1/\(name)?expand=provider_data", key: key) {
                let data = try JSONSerialization.data(withJSONObject: element, options: [.sortedKeys])
                elements.insert(String(decoding: data, as: UTF8.self))
            }
        }
        return elements
    }

    /// The value of one sample of `/metrics`, named with its labels as written there.
    func metric(_ sample: String) throws -> Int? {
        try get("/metrics").body.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .flatMap { Int($0.dropFirst(sample.count + 1)) }
    }
}
