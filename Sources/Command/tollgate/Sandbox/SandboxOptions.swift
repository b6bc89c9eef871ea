import Cryptography
import Glibc
import HTTPServer
import SandboxProvider

/// The words of `tollgate sandbox` as a configuration.
enum SandboxOptions {
    static func configuration(_ arguments: ParsedArguments) throws(CommandFailure) -> SandboxConfiguration {
        var configuration = SandboxConfiguration()
        if let text = arguments.value("--listen") { configuration.address = try address(text) }
        if let key = arguments.value("--key") {
            guard key.hasPrefix("sk_test_"), key.utf8.count <= 200 else {
                throw failure("--key wants a key that begins with sk_test_")
            }
            configuration.keys = [key]
        }
        if let count = try arguments.integer("--customers", in: 0...SandboxConfiguration.customersMax) {
            configuration.customers = count
        }
        if let seed = try arguments.integer("--seed", in: 0...Int.max) { configuration.seed = UInt64(seed) }
        if let latency = try arguments.integer("--latency-ms", in: 0...600_000) {
            configuration.latencyMilliseconds = latency
        }
        if let rate = try arguments.integer("--rate-per-s", in: 1...1_000_000) {
            configuration.rateLimit = .init(perSecond: Double(rate))
        }
        configuration.webhook = try webhook(arguments)
        return configuration
    }

    static func faults(_ arguments: ParsedArguments) throws(CommandFailure) -> [FaultRule] {
        guard let path = arguments.value("--faults") else { return [] }
        guard let bytes = read(path) else {
            throw CommandFailure("\(printable(path)) cannot be read", exitCode: ExitCode.input)
        }
        do throws(FaultScript.Mistake) {
            return try FaultScript.parse(bytes)
        } catch {
            throw CommandFailure("\(printable(path)): \(error)", exitCode: ExitCode.input)
        }
    }

    private static func webhook(
        _ arguments: ParsedArguments
    ) throws(CommandFailure) -> SandboxConfiguration.WebhookTarget? {
        let concurrency = try arguments.integer("--webhook-concurrency", in: 1...64)
        switch (arguments.value("--webhooks-to"), arguments.value("--webhook-secret-env")) {
        case (nil, nil): return nil
        case (let url?, let name?):
            guard let value = getenv(name), let secret = String(validatingCString: value), !secret.isEmpty
            else {
                throw failure("the environment variable \(printable(name)) is not set")
            }
            var target = SandboxConfiguration.WebhookTarget(url: url, secret: RedactedText(secret))
            if let concurrency { target.concurrency = concurrency }
            return target
        default: throw failure("--webhooks-to and --webhook-secret-env belong together")
        }
    }

    /// `127.0.0.1:8482` or `[::1]:8482`.
    private static func address(_ text: String) throws(CommandFailure) -> HTTPListenAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw failure("--listen wants ADDRESS:PORT, not \"\(printable(text))\"")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw failure("--listen wants ADDRESS:PORT, not \"\(printable(text))\"") }
        return .tcp(host: String(host), port: port)
    }

    private static let fileBytesMax = 4 * 1024 * 1024

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= fileBytesMax {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    private static func failure(_ message: String) -> CommandFailure {
        CommandFailure(
            "sandbox: \(message)",
            hint: "tollgate help sandbox tells more",
            exitCode: ExitCode.usage
        )
    }
}
