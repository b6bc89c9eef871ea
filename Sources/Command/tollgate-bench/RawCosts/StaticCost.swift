import Glibc

/// How many events a second are answered by a server that looks at nothing and stores nothing.
struct StaticCost {
    let load: LoadOptions
    let secret: String
    let directory: String
    let seconds: Double
    let keeper: ChildKeeper

    /// Our own listener.
    func measureOwn() throws(BenchError) -> RawCosts.Static {
        let port = try LoopbackSocket.freePort()
        let server = try ChildProcess(
            Programs.own,
            ["static", "--port", "\(port)"],
            streams: .pipes,
            keeper: keeper
        )
        defer {
            server.closeInput()
            server.stop(signal: SIGTERM, patienceSeconds: 3)
        }
        return try measure(port: port, process: server.identifier)
    }

    func measureNginx(program: String) throws(BenchError) -> RawCosts.Static {
        let port = try LoopbackSocket.freePort()
        let server = try NginxServer.start(program: program, port: port, directory: directory, keeper: keeper)
        defer { server.stop(signal: SIGTERM, patienceSeconds: 3) }
        return try measure(port: port, process: server.identifier)
    }

    private func measure(port: UInt16, process: Int32) throws(BenchError) -> RawCosts.Static {
        try awaitListener(port: port)
        var options = load
        options.port = port
        let generator = try LoadProcess(options, secret: secret, keeper: keeper)
        defer { generator.stop() }
        _ = try generator.perform(.run(seconds: 0.5, ratePerSecond: nil, countMax: nil))
        let before = ProcessUsage.ofTree(process)
        let report = try generator.perform(.run(seconds: seconds, ratePerSecond: nil, countMax: nil))
        let after = ProcessUsage.ofTree(process)
        let answers = max(report.accepted, 1)
        return RawCosts.Static(
            answersPerSecond: report.acceptedPerSecond,
            latencyP99Nanoseconds: report.latencyP99,
            serverCPUMicroseconds: Double(after.cpuMicroseconds - before.cpuMicroseconds) / Double(answers),
            clientCPUMicroseconds: report.cpuMicrosecondsPerEvent
        )
    }

    private func awaitListener(port: UInt16) throws(BenchError) {
        for _ in 0..<1000 {
            if let connection = LoopbackSocket.connect(port: port) {
                close(connection)
                return
            }
            Pause.milliseconds(5)
        }
        throw BenchError("the static server does not listen on port \(port)")
    }
}
