/// `tollgate-bench idle`: the memory of a server that nobody has asked for anything.
struct IdleRun {
    let setting: RunSetting
    let keeper: ChildKeeper

    func run() throws(BenchError) {
        let directory = try TemporaryDirectory(keeper: keeper)
        let server = try setting.server(directory: directory, keeper: keeper)
        let readyMilliseconds = try server.start(acceptOnly: false)
        let before = try server.usage()
        Progress.say("waiting \(setting.seconds) s")
        Pause.seconds(setting.seconds)
        let after = try server.usage()
        try server.stop()
        var table = BenchReport()
        table.begin("idle", "Idle")
        table.add("rss_mb", "resident memory", Double(after.residentBytes) / 1e6, "MB", decimals: 1)
        table.add("rss_mib", "  in MiB", Double(after.residentBytes) / 1_048_576, "MiB", decimals: 1)
        table.add("rss_max_mb", "at most", Double(after.residentBytesMax) / 1e6, "MB", decimals: 1)
        table.add(
            "cpu_ms",
            "CPU while idle",
            Double(after.cpuMicroseconds - before.cpuMicroseconds) / 1e3,
            "ms"
        )
        table.add("seconds", "watched for", setting.seconds, "s")
        table.add("ready_ms", "ready after its start", readyMilliseconds, "ms")
        try setting.publish(table)
    }
}
