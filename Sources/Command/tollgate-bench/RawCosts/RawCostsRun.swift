/// Measures the raw costs that a run is compared with.
struct RawCostsRun {
    let setting: RunSetting
    let directory: String
    let keeper: ChildKeeper
    /// Of each of them; HMAC takes a second.
    var seconds = 4.0

    func measure() throws(BenchError) -> RawCosts {
        var costs = RawCosts()
        guard setting.measuresRawCosts else { return costs }
        Progress.say("raw costs: fdatasync, HMAC, SQLite inserts, static answers (\(Int(seconds * 3 + 1)) s)")
        costs.flushesPerSecond = try FlushCost.measure(directory: directory, seconds: seconds)
        costs.hmacsPerSecond = HMACCost.measure(bytes: setting.bodyBytes, seconds: 1)
        costs.insertsPerSecond = try InsertCost.measure(
            directory: directory,
            seconds: seconds,
            scheme: setting.scheme,
            bodyBytes: setting.bodyBytes
        )
        let staticCost = StaticCost(
            load: setting.load(port: 0, story: .unique, account: 1),
            secret: RunSetting.secret,
            directory: directory,
            seconds: seconds,
            keeper: keeper
        )
        costs.ownStatic = try staticCost.measureOwn()
        if setting.measuresNginx {
            if let program = NginxServer.program {
                costs.nginxStatic = try staticCost.measureNginx(program: program)
            } else {
                Progress.say("nginx is not installed: not measured")
            }
        }
        return costs
    }

    func measureAfter(_ costs: inout RawCosts) throws(BenchError) {
        guard setting.measuresRawCosts else { return }
        costs.flushesPerSecondAfter = try FlushCost.measure(directory: directory, seconds: seconds / 2)
    }
}
