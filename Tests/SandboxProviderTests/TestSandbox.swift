import HTTPServer
import SandboxProvider
import Threading
import Timing

/// A sandbox of its own, on a port of its own, at a time of its own.
struct TestSandbox {
    /// 2026-01-02T03:04:05Z
    static let start: Int64 = 1_767_323_045

    let provider: SandboxProvider
    let client: SandboxClient

    init(
        _ change: (inout SandboxConfiguration) -> Void = { _ in },
        sender: (any WebhookSender)? = nil
    ) throws {
        var configuration = SandboxConfiguration()
        configuration.address = .tcp(host: "127.0.0.1", port: 0)
        configuration.loopCount = 1
        change(&configuration)
        provider = SandboxProvider(
            configuration: configuration,
            sender: sender,
            wallClock: WallClock { Timestamp(milliseconds: Self.start * 1000) }
        )
        try provider.start()
        client = SandboxClient(port: provider.port, provider: provider)
    }
}
