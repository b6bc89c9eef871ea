import BillingModel
import Cryptography
import CustomerStore
import Database
import JSON

/// Making, listing and revoking bearer keys. A key governs only keys that open no more than itself.
enum APIKeyRoutes {
    static let nameBytesMax = 100
    static let sitesMax = 20

    static func list(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        var query = context.query
        let list = try ListQuery(
            &query,
            path: context.call.path,
            scope: context.principal.name + (context.site ?? "") + (context.mode?.rawValue ?? ""),
            expandable: []
        )
        try query.refuseRest()
        // All are read: there are few, and which of them the caller governs is not for SQL to say.
        let keys = try APIKeysTable.list(before: list.page.after?.number, in: transaction).filter { key in
            isVisible(key, to: context)
        }
        let body = list.answer(keys) {
            PagePosition(createdAt: $0.createdAt, number: $0.number)
        } write: { key, writer in
            write(key, secret: nil, context.surroundings, to: &writer)
        }
        return .answer(context.conditional(body, version: nil))
    }

    static func get(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let key = try key(context, in: transaction)
        var writer = JSONWriter(capacity: 256)
        write(key, secret: nil, context.surroundings, to: &writer)
        return .answer(context.conditional(writer.bytes, version: nil))
    }

    /// The one answer that ever holds a key.
    static func create(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        let request = try APIKeyRequest(context)
        let (surroundings, now) = (context.surroundings, context.now)
        let secret = APIKeySecret.fresh(mode: request.mode)
        return .write(
            PendingWrite(act: "api_key.create", target: secret.prefix + "…") {
                transaction throws(DatabaseError) in
                let key = try APIKeysTable.create(request, secret: secret, now: now, in: transaction)
                var writer = JSONWriter(capacity: 384)
                write(key, secret: secret, surroundings, to: &writer)
                var answer = APIAnswer.json(writer.bytes, status: 201)
                answer.headers = [("Cache-Control", "no-store")]
                // A repetition learns which key was made, not the key: that is kept nowhere.
                var kept = JSONWriter(capacity: 384)
                write(key, secret: nil, surroundings, to: &kept)
                answer.effects.keptBody = kept.bytes
                answer.effects.target = PublicID(.apiKey, key.number).text(epoch: surroundings.epoch)
                return .success(answer)
            }
        )
    }

    static func revoke(_ context: RequestContext, _ transaction: any ReadTransaction) throws -> RouteOutcome {
        try context.query.refuseRest()
        try context.requireNoBody()
        let key = try key(context, in: transaction)
        let (surroundings, now) = (context.surroundings, context.now)
        let target = PublicID(.apiKey, key.number).text(epoch: surroundings.epoch)
        return .write(
            PendingWrite(act: "api_key.revoke", target: target) { transaction throws(DatabaseError) in
                guard let revoked = try APIKeysTable.revoke(key.number, now: now, in: transaction) else {
                    return .failure(missing)
                }
                var writer = JSONWriter(capacity: 256)
                write(revoked, secret: nil, surroundings, to: &writer)
                return .success(.json(writer.bytes))
            }
        )
    }

    private static var missing: Problem { Problem(.notFound, "There is no such API key.") }

    private static func key(
        _ context: RequestContext,
        in transaction: any ReadTransaction
    ) throws -> APIKey {
        guard let id = PublicID(context.captures[0], kind: .apiKey, epoch: context.surroundings.epoch),
            let key = try APIKeysTable.get(id.number, in: transaction), isVisible(key, to: context)
        else { throw missing }
        return key
    }

    private static func isVisible(_ key: APIKey, to context: RequestContext) -> Bool {
        context.principal.governs(sites: key.sites, mode: key.mode)
            && (context.site.map(key.sites.contains) ?? true) && (context.mode.map { $0 == key.mode } ?? true)
    }

    private static func write(
        _ key: APIKey,
        secret: APIKeySecret?,
        _ surroundings: Surroundings,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.field("object", "api_key")
        writer.field("id", PublicID(.apiKey, key.number).text(epoch: surroundings.epoch))
        writer.field("prefix", key.prefix)
        if let secret { writer.field("key", secret.text.revealed()) }
        writer.field("name", key.name)
        writer.field("mode", key.mode.rawValue)
        writer.key("sites")
        writer.beginArray()
        for site in key.sites { writer.string(site) }
        writer.endArray()
        writer.key("scopes")
        writer.beginArray()
        for scope in APIScope.allCases where key.scopes.contains(scope) { writer.string(scope.rawValue) }
        writer.endArray()
        writer.time("created_at", key.createdAt)
        writer.time("last_used_at", key.lastUsedAt)
        writer.time("revoked_at", key.revokedAt)
        writer.endObject()
    }
}
