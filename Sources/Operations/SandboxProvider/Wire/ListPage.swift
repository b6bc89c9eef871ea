import JSON

/// `limit`, `starting_after` or `ending_before`, and `created`, of any list.
struct ListPage {
    let limit: Int
    let startingAfter: String?
    let endingBefore: String?
    /// Seconds, both ends included.
    let created: ClosedRange<Int64>

    init(_ parameters: Parameters, createdFilter: Bool = true) throws(ProviderError) {
        limit = Int(try parameters.integer("limit", in: 1...100) ?? 10)
        startingAfter = try parameters.text("starting_after")
        endingBefore = try parameters.text("ending_before")
        if startingAfter != nil, endingBefore != nil {
            throw .invalid("ending_before", "Only one of starting_after and ending_before may be given.")
        }
        created = createdFilter ? try Self.range(parameters) : Int64.min...Int64.max
    }

    /// `created=1`, or any of `created[gt]`, `[gte]`, `[lt]`, `[lte]`.
    private static func range(_ parameters: Parameters) throws(ProviderError) -> ClosedRange<Int64> {
        guard parameters.has("created") else { return Int64.min...Int64.max }
        // A single number is no object; both forms stand under one name.
        if let exact = try? parameters.integer("created") { return exact...exact }
        guard let bounds = try parameters.object("created") else { return Int64.min...Int64.max }
        var low = Int64.min
        var high = Int64.max
        if let bound = try bounds.integer("gt") { low = max(low, bound + 1) }
        if let bound = try bounds.integer("gte") { low = max(low, bound) }
        if let bound = try bounds.integer("lt") { high = min(high, bound - 1) }
        if let bound = try bounds.integer("lte") { high = min(high, bound) }
        return low <= high ? low...high : Int64.max...Int64.max
    }

    /// Walks over `ranks`, the newest first, and takes what passes.
    func select<Row>(newestFirst: some Sequence<Int>, _ take: (Int) -> Row?) -> (
        rows: [Row], hasMore: Bool
    ) {
        var rows: [Row] = []
        for rank in newestFirst {
            guard let object = take(rank) else { continue }
            if rows.count == limit { return (rows, true) }
            rows.append(object)
        }
        return (rows, false)
    }
}

extension SandboxState {
    /// A page of the objects that pass `matches`, the newest first.
    ///
    /// `isListed` is what a cursor must pass, too: one that left the list (a canceled subscription under the
    /// default filter), or was deleted, ends the walk with 400 (provider_api 1.8, "Cursor death").
    func page(
        _ kind: ObjectKind,
        _ page: ListPage,
        indexed: String? = nil,
        isListed: (WireObject) -> Bool = { _ in true },
        matches: (WireObject) -> Bool = { _ in true }
    ) throws(ProviderError) -> (rows: [WireObject], hasMore: Bool) {
        let collection = self[kind]
        let bounds = try bounds(kind, page, isListed: isListed)
        func take(_ rank: Int) -> WireObject? {
            guard let object = collection.object(atRank: rank), isListed(object), matches(object) else {
                return nil
            }
            return object
        }
        if let indexed {
            let ranks = collection.ranks(indexed: indexed).filter(bounds.contains)
            if page.endingBefore == nil { return page.select(newestFirst: ranks, take) }
            let (rows, hasMore) = page.select(newestFirst: ranks.reversed(), take)
            return (rows.reversed(), hasMore)
        }
        if page.endingBefore == nil { return page.select(newestFirst: bounds.reversed(), take) }
        // Backwards: the oldest of the newer ones, told newest first.
        let (rows, hasMore) = page.select(newestFirst: bounds, take)
        return (rows.reversed(), hasMore)
    }

    /// The ranks between the page's cursor and the ends of its range of time.
    func bounds(
        _ kind: ObjectKind,
        _ page: ListPage,
        isListed: (WireObject) -> Bool
    ) throws(ProviderError) -> Range<Int> {
        let collection = self[kind]
        var low =
            page.created.lowerBound == .min
            ? collection.rankStart : collection.firstRank(createdFrom: page.created.lowerBound)
        var high =
            page.created.upperBound == .max
            ? collection.rankEnd : collection.firstRank(createdFrom: page.created.upperBound + 1)
        func rank(of cursor: String, _ parameter: String) throws(ProviderError) -> Int {
            guard let object = collection.live(cursor), isListed(object), let rank = collection.rank(cursor)
            else {
                throw .noSuch(kind.noun, cursor, parameter: parameter)
            }
            return rank
        }
        if let cursor = page.startingAfter { high = min(high, try rank(of: cursor, "starting_after")) }
        if let cursor = page.endingBefore { low = max(low, try rank(of: cursor, "ending_before") + 1) }
        return low..<max(low, high)
    }

    /// A list object around rows.
    func list(
        _ page: (rows: [WireObject], hasMore: Bool),
        url: String,
        expand: [[String]] = []
    ) throws(ProviderError) -> SandboxAnswer {
        let inner = try Expansion.ofList(expand)
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.field("object", "list")
        writer.key("data")
        writer.beginArray()
        for row in page.rows { try expanded(row, inner).shown.write(to: &writer) }
        writer.endArray()
        writer.field("has_more", page.hasMore)
        writer.field("url", url)
        writer.endObject()
        return SandboxAnswer(status: 200, body: writer.bytes)
    }
}
