import CustomerStore
import JSON

/// What every list answers: `data`, `has_more` and `next_cursor`.
extension ListQuery {
    func answer<Row: Sendable>(
        _ page: Page<Row>,
        write: (Row, inout JSONWriter) throws -> Void
    ) rethrows -> [UInt8] {
        var writer = JSONWriter(capacity: 512 * (page.elements.count + 1))
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for row in page.elements { try write(row, &writer) }
        writer.endArray()
        writer.field("has_more", page.next != nil)
        writer.field("next_cursor", page.next.map { Cursor($0).text(list: identity) })
        writer.endObject()
        return writer.bytes
    }

    /// - Parameter found: one row more than a page takes, when there are more.
    func answer<Row: Sendable>(
        _ found: [Row],
        position: (Row) -> PagePosition,
        write: (Row, inout JSONWriter) throws -> Void
    ) rethrows -> [UInt8] {
        let shown = Array(found.prefix(page.limit))
        let last = found.count > shown.count ? shown.last : nil
        return try answer(Page(elements: shown, next: last.map(position)), write: write)
    }
}
