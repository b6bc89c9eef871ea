import Timing

/// `tollgate-bench kill`: under load, kill -9 at a random moment, start again, look for what was lost.
///
/// The generator lives on, as a provider does: what was not answered it sends again, with the same id. So when it
/// pauses, every event that it ever sent is acknowledged, and the store must hold exactly those, each applied once.
struct KillRun {
    let setting: RunSetting
    let rounds: Int
    let objects: Int
    let aliveSecondsMax: Double
    let keeper: ChildKeeper

    private static let account: UInt64 = 1
    /// The promise.
    private static let readyMillisecondsMax = 2000.0

    private struct Round {
        var number: Int
        var aliveMilliseconds: Double
        var readyMilliseconds = 0.0
        var report = LoadReport()
        var acknowledgedAtKill = 0
        var losses: [String] = []
    }

    func run() throws(BenchError) {
        let directory = try TemporaryDirectory(keeper: keeper)
        let server = try setting.server(directory: directory, keeper: keeper)
        var options = setting.load(
            port: server.port,
            story: .chained(objects: max(objects, setting.connections), invoicePercent: 10),
            account: Self.account
        )
        let acknowledgedPath = directory.path + "/acknowledged"
        options.acknowledged = acknowledgedPath
        let random = RandomSource(seed: setting.seed)
        Progress.say("seed \(setting.seed); \(setting.connections) connections, \(setting.rateText)")
        try server.start(acceptOnly: false)
        let load = try LoadProcess(options, secret: RunSetting.secret, keeper: keeper)
        _ = try load.perform(.seed)
        var verified = 0
        var finished: [Round] = []
        for number in 1...rounds {
            var round = Round(
                number: number,
                aliveMilliseconds: 20 + Double(random.below(UInt64(max(aliveSecondsMax * 1000 - 20, 1))))
            )
            try load.begin(.run(seconds: nil, ratePerSecond: setting.ratePerSecond, countMax: nil))
            Pause.seconds(round.aliveMilliseconds / 1000)
            server.killAtOnce()
            round.acknowledgedAtKill = AcknowledgementLog.read(path: acknowledgedPath).count
            round.readyMilliseconds = try server.start(acceptOnly: false)
            // A little load on the restarted server, and time for the generator to send again what it owes.
            Pause.milliseconds(50)
            try load.pause()
            round.report = try load.finish()
            verified = try check(&round, server, acknowledgedPath, verified: verified)
            finished.append(round)
            say(round)
        }
        load.stop()
        try server.stop()
        try publish(finished, server, acknowledged: verified)
    }

    /// Gives how many acknowledgements have been looked up by now.
    private func check(
        _ round: inout Round,
        _ server: TollgateServer,
        _ acknowledgedPath: String,
        verified: Int
    ) throws(BenchError) -> Int {
        let query = StoredEventsQuery(file: try SQLiteFile(path: server.setting.database, use: .reading))
        if round.readyMilliseconds > Self.readyMillisecondsMax {
            round.losses.append("ready only after \(Int(round.readyMilliseconds)) ms")
        }
        if round.report.unanswered > 0 {
            round.losses.append("\(round.report.unanswered) events got no answer")
        }
        let acknowledged = AcknowledgementLog.read(path: acknowledgedPath)
        var missing = 0
        for event in acknowledged[verified...] {
            let eventID = setting.scheme.text(
                sequence: event.sequence,
                second: event.second,
                account: Self.account
            )
            if try !query.hasEvent(eventID) { missing += 1 }
        }
        if missing > 0 { round.losses.append("\(missing) acknowledged events are not in the store") }
        _ = try DrainWatch(query: query).wait()
        let integrity = try query.integrity()
        if integrity != "ok" { round.losses.append("integrity: \(integrity)") }
        let found = try query.consistency()
        if !found.isSound { round.losses.append("\(found)") }
        if found.events != Int64(acknowledged.count) {
            round.losses.append("\(found.events) events stored, \(acknowledged.count) acknowledged")
        }
        return acknowledged.count
    }

    private func say(_ round: Round) {
        let verdict = round.losses.isEmpty ? "nothing lost" : "LOST: " + round.losses.joined(separator: "; ")
        Progress.say(
            "round \(round.number): killed after \(Int(round.aliveMilliseconds)) ms with "
                + "\(round.acknowledgedAtKill) acknowledged, ready in \(Int(round.readyMilliseconds)) ms, "
                + "\(round.report.resent) sent again (\(round.report.duplicates) were known): \(verdict)"
        )
    }

    private func publish(
        _ rounds: [Round],
        _ server: TollgateServer,
        acknowledged: Int
    ) throws(BenchError) {
        let query = StoredEventsQuery(file: try SQLiteFile(path: server.setting.database, use: .reading))
        let found = try query.consistency()
        let failed = rounds.count { !$0.losses.isEmpty }
        let ready = rounds.map(\.readyMilliseconds).sorted()
        var table = BenchReport()
        table.begin("kill", "Kill -9 under load")
        table.add("seed", "seed", Double(setting.seed), "")
        table.add("rounds", "rounds", Double(rounds.count), "")
        table.add("failed_rounds", "rounds with a loss", Double(failed), "")
        table.add("acknowledged", "events acknowledged", Double(acknowledged), "")
        table.add("rows", "events in the store", Double(found.events), "")
        table.add("resent", "sent again", Double(rounds.reduce(0) { $0 + $1.report.resent }), "events")
        table.add(
            "duplicates",
            "  known already",
            Double(rounds.reduce(0) { $0 + $1.report.duplicates }),
            "events"
        )
        table.add("ready_p50_ms", "ready after the restart, median", ready[ready.count / 2], "ms")
        table.add("ready_max_ms", "  at most", ready[ready.count - 1], "ms")
        table.addConsistency(found)
        try setting.publish(table)
        guard failed == 0 else { throw BenchError("\(failed) of \(rounds.count) rounds lost something") }
    }
}
