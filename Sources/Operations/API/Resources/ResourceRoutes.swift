import BillingModel
import CustomerStore
import Database
import JSON

/// `GET` of the list and of one object, the same for every resource.
enum ResourceRoutes<R: Resource> {
    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        let scope = try context.dataScope()
        return try list(context, transaction, scope: scope) { query, finder in
            try R.filter(&query, finder)
        }
    }

    /// `filter` may add to what the query says, for sub-lists.
    static func list(
        _ context: RequestContext,
        _ transaction: any ReadTransaction,
        scope: DataScope,
        filter: (inout QueryParameters, ObjectFinder) throws -> R.Filter?
    ) throws -> RouteOutcome {
        var query = context.query
        let list = try ListQuery(
            &query,
            path: context.call.path,
            scope: "\(scope.mode.rawValue) \(scope.site)",
            expandable: R.expandable
        )
        let reader = StoreReader(transaction, scope: scope)
        let filter = try filter(&query, ObjectFinder(reader: reader, epoch: context.surroundings.epoch))
        try query.refuseRest()

        let page = try filter.map { try R.page($0, list.page, in: reader) } ?? Page(elements: [], next: nil)
        let renderer = ObjectRenderer(scope, transaction, context.surroundings)
        let body = try list.answer(page) { record, writer in
            try R.write(record, expanding: list.expansion, to: &writer, with: renderer)
        }
        return .answer(context.conditional(body, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        let scope = try context.dataScope()
        var query = context.query
        let expansion = try Expansion(query.takeAll("expand"), allowed: R.expandable)
        let wantsArchived = try query.takeBoolean("include_archived") ?? false
        try query.refuseRest()
        let reader = StoreReader(transaction, scope: scope)
        let finder = ObjectFinder(reader: reader, epoch: context.surroundings.epoch)
        guard let record = try finder.find(R.self, context.captures[0]),
            !R.isArchived(record) || wantsArchived && context.principal.allows(.admin)
        else {
            throw try finder.absence(R.self, context.captures[0])
        }
        var writer = JSONWriter(capacity: 2048)
        try R.write(
            record,
            expanding: expansion,
            to: &writer,
            with: ObjectRenderer(scope, transaction, context.surroundings)
        )
        return .answer(context.conditional(writer.bytes, version: R.version(of: record)))
    }
}

extension RequestContext {
    /// 200 with the entity tag, or 304 when the caller has exactly this already.
    func conditional(_ body: [UInt8], version: Int64?) -> APIAnswer {
        let tag = EntityTag(version: version, body: body)
        var answer = APIAnswer.json(body)
        if tag.matches(ifNoneMatch: call.ifNoneMatch) {
            answer.status = 304
            answer.body = []
        }
        answer.headers.append(("ETag", tag.text))
        // Personal data: a shared cache must not keep it, the caller's own asks each time.
        answer.headers.append(("Cache-Control", "private, no-cache"))
        return answer
    }
}
