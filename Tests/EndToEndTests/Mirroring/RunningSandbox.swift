import Foundation
import Glibc
import TestSupport

/// `tollgate sandbox` as a process of its own, and what a test asks of it.
final class RunningSandbox {
    static let key = "sk_test_tollgate_sandbox"

    let port: Int
    private let process = Process()

    /// - Parameters:
    ///   - webhookPort: the gateway's public port; nil for no webhooks.
    ///   - customers: so many are there from the beginning, made from the seed.
    init(port: Int? = nil, webhookPort: Int? = nil, seed: UInt64 = 1, customers: Int = 0) async throws {
        self.port = try port ?? FreePort.find()
        process.executableURL = TollgateProcess.executable
        var words = ["sandbox", "--listen", "127.0.0.1:\(self.port)", "--seed", "\(seed % 1_000_000)"]
        if let webhookPort {
            let target = "http://127.0.0.1:\(webhookPort)/webhooks/stripe"
            words += ["--webhooks-to", target, "--webhook-secret-env", "SECRET"]
        }
        if customers > 0 { words += ["--customers", "\(customers)"] }
        process.arguments = words
        process.environment = ["SECRET": StripeEvent.secret, "SWIFT_BACKTRACE": "enable=no"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Refused until it listens.
        while (try? RawConnection(port: self.port)) == nil {
            guard process.isRunning else {
                throw StoreFile.Failure(message: "the sandbox ended at its start")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    deinit {
        // Nothing of it is kept, so nothing is lost.
        if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// `body` is a form for the provider's own API, JSON for `/sandbox`.
    @discardableResult
    func request(_ line: String, body: String? = nil) throws -> RawConnection.Answer {
        var headers: [String] = []
        if line.contains(" /v1/") {
            headers.append("Authorization: Bearer \(Self.key)")
            if body != nil { headers.append("Content-Type: application/x-www-form-urlencoded") }
        }
        let answer = try RawConnection(port: port).request(line, headers, body: body)
        guard (200...299).contains(answer.status) else {
            throw StoreFile.Failure(message: "\(line): \(answer.status) \(answer.body)")
        }
        return answer
    }

    /// Sets one fault more. `rule` as README, "The sandbox provider", lists them.
    func fault(_ rule: String) throws {
        try request("POST /sandbox/faults", body: #"{"faults": [\#(rule)]}"#)
    }

    func heal() throws { try request("DELETE /sandbox/faults") }

    func effects() throws -> Effects { Effects(members: try request("GET /sandbox/effects").members) }

    /// All customers of the account that were not deleted.
    func customers() throws -> [[String: Any]] {
        var customers: [[String: Any]] = []
        var after = ""
        while true {
            let page = try request("GET /v1/customers?limit=100\(after)").members
            let data = page["data"] as? [[String: Any]] ?? []
            customers += data
            guard page["has_more"] as? Bool == true, let last = data.last?["id"] as? String else {
                return customers
            }
            after = "&starting_after=\(last)"
        }
    }

    /// What `GET /sandbox/effects` tells.
    struct Effects {
        let members: [String: Any]

        func number(_ name: String) -> Int { members[name] as? Int ?? -1 }
        /// Changes made under each idempotency key.
        var byKey: [String: Int] { members["effects"] as? [String: Int] ?? [:] }
        var byStatus: [String: Int] { members["by_status"] as? [String: Int] ?? [:] }
        var updates: [String: Int] { members["updates_by_object"] as? [String: Int] ?? [:] }
    }
}

/// A port of loopback that nobody listened on a moment ago.
enum FreePort {
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard result else { throw RawConnection.Failure(step: "bind") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
