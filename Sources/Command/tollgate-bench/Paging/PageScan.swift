/// What a paging loop must know of a page, found without a parser: how many rows it has, the last one's id, and
/// whether more follow. Enough for a list whose rows begin with their id and hold no other object with one.
struct PageScan: Sendable, Equatable {
    let rows: Int
    let lastID: String?
    let hasMore: Bool

    private static let rowStart = Array(#"{"id":""#.utf8)
    private static let more = Array(#""has_more":true"#.utf8)

    init(_ body: [UInt8]) {
        var rows = 0
        var last: Int?
        body.withUnsafeBufferPointer { bytes in
            var place = 0
            let end = bytes.count - Self.rowStart.count
            while place <= end {
                // Most bytes are no brace.
                if bytes[place] == UInt8(ascii: "{"), Self.stands(Self.rowStart, in: bytes, at: place) {
                    rows += 1
                    last = place + Self.rowStart.count
                    place += Self.rowStart.count
                } else {
                    place += 1
                }
            }
        }
        self.rows = rows
        lastID = last.map { start in
            let end = body[start...].firstIndex(of: UInt8(ascii: "\"")) ?? body.endIndex
            return String(decoding: body[start..<end], as: UTF8.self)
        }
        // It stands behind the rows.
        let tail = Array(body.suffix(200))
        hasMore = tail.withUnsafeBufferPointer { bytes in
            (0...max(bytes.count - Self.more.count, 0)).contains { Self.stands(Self.more, in: bytes, at: $0) }
        }
    }

    private static func stands(
        _ text: [UInt8],
        in bytes: UnsafeBufferPointer<UInt8>,
        at place: Int
    ) -> Bool {
        guard place + text.count <= bytes.count else { return false }
        for index in text.indices where bytes[place + index] != text[index] { return false }
        return true
    }
}
