import HTTPServer
import JSON

/// A list of the API, several pages of it as one.
struct FetchedList {
    private(set) var rows: [JSONValue] = []
    private(set) var hasMore = false

    // The API's own limit of a page.
    private static let pageMax = 100

    /// The first `limit` rows at `path`. Throws what the API refuses.
    init(
        _ client: StoreClient,
        _ path: String,
        _ filters: [(name: String, value: String)],
        limit: Int
    ) throws(CommandFailure) {
        var cursor: String?
        repeat {
            var query = filters
            query.append(("limit", String(min(Self.pageMax, limit - rows.count))))
            if let cursor { query.append(("cursor", cursor)) }
            let page = try client.call(.get, path, query: query)
            if let data = page["data"] { rows += data.elements }
            cursor = page["next_cursor"]?.string
        } while cursor != nil && rows.count < limit
        hasMore = cursor != nil
    }

    /// As the API would answer it.
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 512 * rows.count + 64)
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for row in rows { writer.raw(row) }
        writer.endArray()
        writer.field("has_more", hasMore)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
