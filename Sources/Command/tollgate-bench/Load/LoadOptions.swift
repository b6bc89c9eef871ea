/// What one load generator process is told when it is started; the jobs come later, on its standard input.
struct LoadOptions: Sendable {
    var port: UInt16
    var path = "/webhooks/stripe"
    var connections = 64
    var scheme = EventIDScheme.ordered
    /// Tells the ids of this generator apart from those of others on the same database.
    var account: UInt64
    var story = EventPlanner.Story.unique
    var bodyBytes = 3072
    var fixtures: String
    /// Seeds the choice of objects.
    var seed: UInt64
    /// File that receives the acknowledged events; nil for none.
    var acknowledged: String?

    static let secretVariable = "TOLLGATE_BENCH_SECRET"

    var arguments: [String] {
        var arguments = [
            "--port", "\(port)", "--path", path, "--connections", "\(connections)", "--ids", scheme.rawValue,
            "--account", "\(account)", "--body-bytes", "\(bodyBytes)", "--fixtures", fixtures, "--seed",
            "\(seed)",
        ]
        if case .chained(let objects, let invoicePercent) = story {
            arguments += ["--objects", "\(objects)", "--invoices", "\(invoicePercent)"]
        }
        if let acknowledged { arguments += ["--acknowledged", acknowledged] }
        return arguments
    }
}

extension LoadOptions {
    init(reading reader: inout OptionReader) throws(BenchError) {
        guard let port = try reader.text("port").flatMap({ UInt16($0) }) else {
            throw BenchError("load needs --port of a server on 127.0.0.1")
        }
        self.port = port
        path = try reader.text("path") ?? path
        connections = try reader.integer("connections", default: connections, in: 1...10_000)
        scheme = try reader.scheme()
        account = UInt64(try reader.integer("account", default: 1, in: 0...Int.max))
        bodyBytes = try reader.integer("body-bytes", default: bodyBytes, in: 0...2_000_000)
        fixtures = try reader.text("fixtures") ?? TemplateLibrary.defaultDirectory()
        seed = UInt64(try reader.integer("seed", default: 1, in: 0...Int.max))
        acknowledged = try reader.text("acknowledged")
        let objects = try reader.integer("objects", default: 0, in: 0...100_000_000)
        let invoicePercent = try reader.integer("invoices", default: 0, in: 0...100)
        if objects > 0 {
            story = .chained(objects: max(objects, connections), invoicePercent: invoicePercent)
        }
    }
}
