import Glibc
import Timing

/// The program: picks the command, prints its help, turns errors into an exit code.
enum BenchCommand {
    /// Gives the exit code: 0, 1 when a run failed or found a loss, 64 for a wrong command line.
    static func run(_ arguments: [String]) -> Int32 {
        let command = arguments.dropFirst().first ?? ""
        let rest = Array(arguments.dropFirst(2))
        if let help = help(command, rest) {
            _ = Descriptor.writeAll(help, to: 1)
            return 0
        }
        let keeper = ChildKeeper()
        defer { keeper.cleanUp() }
        do throws(BenchError) {
            switch command {
            case "load": try LoadCommand.run(rest)
            case "static": try StaticCommand.run(rest)
            case "bare": try BareCommand.run(rest)
            case "pages": try PagesCommand.run(rest)
            case "intake", "apply", "kill", "idle", "mirror", "outage", "reconcile":
                try measure(command, rest, keeper)
            default:
                _ = Descriptor.writeAll(HelpText.overview, to: 2)
                return 64
            }
            return 0
        } catch {
            _ = Descriptor.writeAll("tollgate-bench: \(error)\n", to: 2)
            return error.exitCode
        }
    }

    private static func help(_ command: String, _ rest: [String]) -> String? {
        if command == "--help" || command == "help" { return HelpText.overview }
        guard rest.contains("--help") || rest.contains("-h") else { return nil }
        return switch command {
        case "intake": HelpText.intake
        case "apply": HelpText.apply
        case "kill": HelpText.kill
        case "idle": HelpText.idle
        case "mirror": HelpText.mirror
        case "outage": HelpText.outage
        case "reconcile": HelpText.reconcile
        default: nil
        }
    }

    private static func measure(
        _ command: String,
        _ arguments: [String],
        _ keeper: ChildKeeper
    ) throws(BenchError) {
        var reader = OptionReader(arguments)
        keeper.guardSignals()
        // Nineteen digits of a seed are hard to type in again.
        let seed = RandomSource.system().below(1_000_000)
        switch command {
        case "intake":
            let run = IntakeRun(
                setting: try RunSetting(reading: &reader, seed: seed),
                preloadRows: try reader.integer("preload", default: 0, in: 0...100_000_000),
                preloadBodyBytes: try reader.integer("preload-bytes", default: 200, in: 1...1_000_000),
                warmUpSeconds: try reader.seconds("warm-up", default: 1),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        case "apply":
            let run = ApplyRun(
                setting: try RunSetting(reading: &reader, seed: seed),
                objects: try reader.integer("objects", default: 20_000, in: 1...100_000_000),
                invoicePercent: try reader.integer("invoices", default: 10, in: 0...100),
                visibilityCount: try reader.integer("visibility", default: 200, in: 0...100_000),
                visibilityRate: try reader.rate("visibility-rate", default: 1000) ?? 1000,
                backlogCount: try reader.integer("backlog", default: 200_000, in: 0...100_000_000),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        case "kill":
            let run = KillRun(
                setting: try RunSetting(reading: &reader, rate: 6000, seed: seed),
                rounds: try reader.integer("rounds", default: 60, in: 1...100_000),
                objects: try reader.integer("objects", default: 500, in: 1...10_000_000),
                aliveSecondsMax: try reader.seconds("alive", default: 1),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        case "mirror":
            let run = MirrorRun(
                setting: try RunSetting(reading: &reader, seconds: 4, seed: seed),
                inFlights: try reader.integers("in-flight", default: [1, 8, 64], in: 1...1_024),
                latencies: try reader.integers("latency-ms", default: [20, 0], in: 0...10_000),
                random: .system(),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        case "reconcile":
            let run = ReconcileRun(
                setting: try RunSetting(reading: &reader, seed: seed),
                counts: try reader.integers("customers", default: [100_000], in: 100...50_000_000),
                latencies: try reader.integers("latency-ms", default: [20, 0], in: 0...10_000),
                barePagesMax: try reader.integer("bare-pages", default: 300, in: 1...1_000_000),
                planted: try reader.integer("planted", default: 50, in: 0...1_000),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        case "outage":
            let run = OutageRun(
                setting: try RunSetting(reading: &reader, rate: 2_000, seed: seed),
                rounds: try reader.integer("rounds", default: 2, in: 1...100),
                changesPerSecond: try reader.rate("changes", default: 20) ?? 20,
                objects: try reader.integer("objects", default: 20_000, in: 1...100_000_000),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        default:
            let run = IdleRun(
                setting: try RunSetting(reading: &reader, seconds: 10, seed: seed),
                keeper: keeper
            )
            try reader.finish()
            try run.run()
        }
    }
}
