import JSON
import Timing

/// `tollgate-bench reconcile`: how many customers a second a run copies and compares, measured by what a bare paging
/// loop does over the same lists of the same sandbox provider, and what memory it takes.
struct ReconcileRun {
    let setting: RunSetting
    /// Customers of the provider's account.
    let counts: [Int]
    /// Fixed answer times of the provider, in milliseconds.
    let latencies: [Int]
    /// Pages of each part that the bare loop reads at most: its speed does not change after them.
    let barePagesMax: Int
    /// Differences that the dry run has to find; none: there is no dry run.
    let planted: Int
    let keeper: ChildKeeper

    /// One size of account and answer time: bare, the gateway's runs, bare again, so that a machine that grows slower
    /// favours neither.
    struct Cell {
        let customers: Int
        let latency: Int
        /// One list, as the gateway reads it when it has customers.
        var bareOne: [BareReport] = []
        /// Eight parts of it at once, as the gateway reads it when it has none.
        var bareParts: [BareReport] = []
        var firstCopy = ReconcileWatch.Leg()
        var clean = ReconcileWatch.Leg()
        var dryRun: ReconcileWatch.Leg?
        var databaseBytes = 0

        var title: String {
            let size = NumberText.grouped(Double(customers), decimals: 0)
            return "\(size) customers, answers \(latency > 0 ? "after \(latency) ms" : "at once")"
        }
        var firstCopyRatio: Double { ratio(firstCopy, bareParts) }
        var firstCopyByOneRatio: Double { ratio(firstCopy, bareOne) }
        var cleanRatio: Double { ratio(clean, bareOne) }

        /// Answers that come at once are no provider's: beside them only memory is judged, as beside a first copy,
        /// which writes all that the loop only reads.
        var figures: [ReconcileDemands.Figures] {
            func figures(_ name: String, _ leg: ReconcileWatch.Leg, _ ratio: Double?)
                -> ReconcileDemands.Figures
            {
                .init(
                    "\(title): the \(name)",
                    customers: customers,
                    residentBytesMax: leg.residentBytesMax,
                    ratio: ratio
                )
            }
            var all = [
                figures("first copy", firstCopy, nil),
                figures("second run", clean, latency > 0 ? cleanRatio : nil),
            ]
            if let dryRun {
                all.append(figures("dry run", dryRun, latency > 0 ? ratio(dryRun, bareOne) : nil))
            }
            return all
        }

        private func ratio(_ leg: ReconcileWatch.Leg, _ bare: [BareReport]) -> Double {
            let perSecond = Self.mean(bare)
            return perSecond > 0 ? leg.perSecond / perSecond : 0
        }

        static func mean(_ bare: [BareReport]) -> Double {
            bare.map(\.objectsPerSecond).reduce(0, +) / Double(max(bare.count, 1))
        }
    }

    static let partsOfFirstCopy = 8
    private static let inFlightMax = 64

    func run() throws(BenchError) {
        let flushes = try setting.flushesPerSecond(keeper: keeper)
        var cells: [Cell] = []
        for count in counts {
            for latency in latencies { cells.append(try measure(Cell(customers: count, latency: latency))) }
        }
        var table = BenchReport()
        table.begin("setting", "Reconcile")
        table.add("lists", "lists", "GET /v1/customers, a hundred a page")
        table.add("fdatasync_per_s", "fdatasync of 48 KB appended", flushes, "/s")
        for cell in cells { table.addReconcile(cell) }
        table.addReconcileSummary(cells)
        try setting.publish(table)
        for cell in cells { try check(cell) }
        let complaints = cells.flatMap(\.figures).flatMap(ReconcileDemands().complaints)
        guard complaints.isEmpty else { throw BenchError(complaints.joined(separator: "\n")) }
    }

    private func measure(_ empty: Cell) throws(BenchError) -> Cell {
        var cell = empty
        let directory = try TemporaryDirectory(keeper: keeper)
        let sandbox = try SandboxServer(
            program: setting.program,
            latencyMilliseconds: cell.latency,
            customers: cell.customers,
            directory: directory.path,
            keeper: keeper
        )
        defer { sandbox.stop() }
        let newest = try sandbox.newestCustomer()
        try bare(&cell, sandbox, newest.created)
        let provider = TollgateServer.Provider(baseURL: sandbox.baseURL, inFlightMax: Self.inFlightMax)
        let server = try setting.server(directory: directory, provider: provider, keeper: keeper)
        cell.firstCopy = try leg("first copy", "apply", cell, server, sandbox)
        cell.databaseBytes = TextFile.size(server.setting.database)
        cell.clean = try leg("second run", "apply", cell, server, sandbox)
        if planted > 0 {
            try sandbox.editCustomers(planted, from: newest.id)
            cell.dryRun = try leg("dry run", "dry_run", cell, server, sandbox)
        }
        try bare(&cell, sandbox, newest.created)
        return cell
    }

    private func bare(_ cell: inout Cell, _ sandbox: SandboxServer, _ newest: Int64) throws(BenchError) {
        for parts in [1, Self.partsOfFirstCopy] {
            Progress.say(
                "\(cell.title): bare loop, \(parts == 1 ? "one list" : "\(parts) parts of the list")"
            )
            let report = try PagingProcess.run(
                port: sandbox.port,
                parts: parts,
                newest: newest,
                pagesMax: barePagesMax,
                keeper: keeper
            )
            let expected = min(cell.customers, parts * barePagesMax * 100)
            guard Int(report.objects) == expected || barePagesMax * parts * 100 < cell.customers else {
                throw BenchError("the bare loop read \(report.objects) of \(cell.customers) customers")
            }
            if parts == 1 { cell.bareOne.append(report) } else { cell.bareParts.append(report) }
        }
        _ = try sandbox.takeEffects()
    }

    /// A server of its own for each, so that the most memory that it took is that of this run.
    private func leg(
        _ name: String,
        _ mode: String,
        _ cell: Cell,
        _ server: TollgateServer,
        _ sandbox: SandboxServer
    ) throws(BenchError) -> ReconcileWatch.Leg {
        Progress.say("\(cell.title): \(name)")
        try server.start(acceptOnly: false)
        var leg = try ReconcileWatch(server: server).run(scope: "customers", mode: mode)
        try server.stop()
        leg.effects = try sandbox.takeEffects()
        return leg
    }

    /// Fast and wrong would be worth nothing.
    private func check(_ cell: Cell) throws(BenchError) {
        let count = cell.customers
        guard cell.firstCopy.seen == count, cell.firstCopy.repaired == count else {
            throw BenchError("the first copy made \(cell.firstCopy.repaired) of \(count) customers")
        }
        guard cell.clean.seen == count, cell.clean.equal == count, cell.clean.findings == 0 else {
            throw BenchError(
                "the second run found \(cell.clean.equal) of \(count) equal and \(cell.clean.findings) differences"
            )
        }
        if let dryRun = cell.dryRun, dryRun.findings != planted || dryRun.differing != planted {
            throw BenchError("the dry run found \(dryRun.findings) of \(planted) differences")
        }
    }
}
