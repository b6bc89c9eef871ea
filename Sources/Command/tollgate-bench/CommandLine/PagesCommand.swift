/// `tollgate-bench pages …`: the bare paging loop in a process of its own.
enum PagesCommand {
    static func run(_ arguments: [String]) throws(BenchError) {
        var reader = OptionReader(arguments)
        let port = try reader.integer("port", default: 0, in: 1...65_535)
        let parts = try reader.integer("parts", default: 1, in: 1...64)
        let newest = Int64(try reader.integer("newest", default: 0, in: 0...Int.max))
        let pagesMax = try reader.integer("pages-max", default: 1_000_000, in: 1...10_000_000)
        try reader.finish()
        let report = try PagingLoop(
            port: UInt16(port),
            parts: try PageCalls.parts(parts, newest: newest),
            headers: try PageCalls.headers(),
            pagesMax: pagesMax
        ).run()
        _ = Descriptor.writeAll((report.lines + [BareReport.endLine, ""]).joined(separator: "\n"), to: 1)
    }
}
