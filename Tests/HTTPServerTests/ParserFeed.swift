import HTTPServer

/// What a parser made of a byte stream, with the body's pieces joined, so that streams cut differently compare.
enum Parsed: Equatable {
    case head(String)
    case body([UInt8])
    case end
    case refused(HTTPRefusal)
}

/// Drives the pure parser as a connection does: what it did not consume is shown again with what follows.
struct ParserFeed {
    private var parser = RequestParser()
    private var pending: [UInt8] = []
    private let limits = HTTPLimits()
    private let table = HeaderTable(capacity: HTTPLimits().headerCountMax)
    private(set) var events: [Parsed] = []
    private var hasEnded = false

    static func parse(_ pieces: [ArraySlice<UInt8>]) -> [Parsed] {
        var feed = ParserFeed()
        for piece in pieces { feed.take(piece) }
        return feed.events
    }

    mutating func take(_ piece: ArraySlice<UInt8>) {
        pending += piece
        while !hasEnded {
            let step = pending.withUnsafeBytes { parser.next($0, limits: limits, table: table) }
            let consumed = pending[..<step.consumed]
            switch step.event {
            case .needMore:
                pending.removeFirst(step.consumed)
                return
            case .head(let layout):
                events.append(.head(describe(layout, consumed)))
                if let refusal = parser.accept(layout, bodyBytesMax: 1000) {
                    events.append(.refused(refusal))
                    hasEnded = true
                }
            case .body(let start, let count):
                let bytes = Array(pending[start..<start + count])
                if case .body(let earlier) = events.last {
                    events[events.count - 1] = .body(earlier + bytes)
                } else {
                    events.append(.body(bytes))
                }
            case .end:
                events.append(.end)
            case .refused(let refusal):
                events.append(.refused(refusal))
                hasEnded = true
            }
            pending.removeFirst(step.consumed)
        }
    }

    private func describe(_ layout: HeadLayout, _ head: ArraySlice<UInt8>) -> String {
        func text(_ part: BytePart) -> String {
            String(decoding: head[Int(part.start)..<Int(part.end)], as: UTF8.self)
        }
        let fields = (0..<Int(layout.fieldCount)).map { index in
            "\(text(table.fields[index].name))=\(text(table.fields[index].value))"
        }
        return "\(text(layout.methodPart)) \(text(layout.path)) ?\(text(layout.query)) \(layout) \(fields)"
    }
}
