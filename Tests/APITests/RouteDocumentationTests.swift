import Foundation
import Testing

@testable import API

/// The README's tables of routes and the route table name the same.
@Suite struct `The README's routes` {
    /// From code between backticks in table rows: `GET /v1/a[/{id}]` stands for two, and `/retry` behind
    /// `POST /v1/a/{id}/replay` for another end of the same.
    static func routes(in markdown: String) -> Set<String> {
        var routes: Set<String> = []
        for row in markdown.split(separator: "\n") where row.hasPrefix("| `") {
            var latest = ""
            for span in row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            where span.offset % 2 == 1 {
                let text = String(span.element)
                if text.hasPrefix("/"), let end = latest.lastIndex(of: "/") {
                    routes.insert(latest[..<end] + text)
                    continue
                }
                guard text.contains(" /v1/") else { continue }
                latest = text
                let parts = text.split { $0 == "[" || $0 == "]" }
                routes.insert(String(parts[0]))
                if parts.count > 1 { routes.insert(parts.joined()) }
            }
        }
        return routes
    }

    @Test func `are those that are answered`() throws {
        let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "README.md")
        let told = Self.routes(in: String(decoding: try Data(contentsOf: readme), as: UTF8.self))
        let answered = Set(RouteTable.router.lines)
        #expect(answered.count > 40)
        #expect(answered.subtracting(told).sorted() == [])
        #expect(told.subtracting(answered).sorted() == [])
    }

    @Test func `are read from its tables`() {
        let rows = """
            `GET /v1/nowhere`
            | `GET /v1/a[/{id}]` | read | `b` |
            | `POST /v1/a/{id}/replay`, `/retry` | admin |
            """
        #expect(
            Self.routes(in: rows) == [
                "GET /v1/a", "GET /v1/a/{id}", "POST /v1/a/{id}/replay", "POST /v1/a/{id}/retry",
            ]
        )
    }
}
