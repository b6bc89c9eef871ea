import BillingModel
package import Database
import JSON
package import Timing

/// Bearer keys. The API works through this table; `tollgate keys` too when no server runs.
package enum APIKeysTable {
    private static let columns = "id, prefix, name, sites, mode, scopes, created_at, revoked_at, last_used_at"
    private static let insert = Statement(
        "api_keys.insert",
        """
        INSERT INTO api_keys (key_digest, prefix, name, sites, mode, scopes, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING \(columns)
        """
    )
    private static let byDigest = Statement(
        "api_keys.by_digest",
        """
        SELECT \(columns), key_digest
        FROM api_keys
        WHERE key_digest = $1
        """
    )
    private static let get = Statement(
        "api_keys.get",
        """
        SELECT \(columns)
        FROM api_keys
        WHERE id = $1
        """
    )
    private static let list = Statement(
        "api_keys.list",
        """
        SELECT \(columns)
        FROM api_keys
        WHERE id < $1
        ORDER BY id DESC
        """
    )
    private static let revoke = Statement(
        "api_keys.revoke",
        """
        UPDATE api_keys
        SET revoked_at = $2
        WHERE id = $1 AND revoked_at IS NULL
        """
    )
    private static let use = Statement(
        "api_keys.use",
        """
        UPDATE api_keys
        SET last_used_at = $2
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
        """
    )

    /// Stores what is left of a new key once its text is given away.
    package static func create(
        _ request: APIKeyRequest,
        secret: APIKeySecret,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> APIKey {
        let scopes = APIScope.allCases.filter(request.scopes.contains).map(\.rawValue).joined(separator: ",")
        let made = try transaction.first(
            insert,
            [
                .bytes(secret.digest), .text(secret.prefix), .optional(request.name),
                .text(sitesText(request.sites)), .text(request.mode.rawValue), .text(scopes),
                .integer(now.milliseconds),
            ],
            key
        )
        guard let made else { preconditionFailure("INSERT … RETURNING gives the row it made") }
        return made
    }

    /// The key of that digest with the digest as stored, revoked or not.
    static func key(
        digest: [UInt8],
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> (key: APIKey, digest: [UInt8])? {
        try transaction.first(byDigest, [.bytes(digest)]) { (key($0), $0.bytes(9)) }
    }

    package static func get(
        _ number: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> APIKey? {
        try transaction.first(get, [.integer(number)], key)
    }

    /// All keys, newest first, revoked ones too; there are few. `before` excludes that number and later ones.
    package static func list(
        before: Int64? = nil,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> [APIKey] {
        try transaction.rows(list, [.integer(before ?? .max)], key)
    }

    /// From the commit on the key opens nothing. Revoking again changes nothing; false for an unknown number.
    package static func revoke(
        _ number: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> APIKey? {
        try transaction.execute(revoke, [.integer(number), .integer(now.milliseconds)])
        return try get(number, in: transaction)
    }

    static func noteUse(
        of number: Int64,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(use, [.integer(number), .integer(now.milliseconds)])
    }

    private static func key(_ row: any Row) -> APIKey {
        guard let mode = DataMode(rawValue: row.text(4)) else {
            preconditionFailure("api_keys_mode_known holds")
        }
        return APIKey(
            number: row.integer(0),
            prefix: row.text(1),
            name: row.optionalText(2),
            sites: sites(row.text(3)),
            mode: mode,
            scopes: Set(row.text(5).split(separator: ",").compactMap { APIScope(rawValue: String($0)) }),
            createdAt: Timestamp(milliseconds: row.integer(6)),
            revokedAt: row.optionalInteger(7).map(Timestamp.init(milliseconds:)),
            lastUsedAt: row.optionalInteger(8).map(Timestamp.init(milliseconds:))
        )
    }

    private static func sitesText(_ sites: [String]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for site in sites { writer.string(site) }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func sites(_ text: String) -> [String] {
        // A damaged list opens no site, which is the safe reading.
        guard let document = try? JSONDocument.parse(Array(text.utf8)) else { return [] }
        return document.root.elements.compactMap(\.string)
    }
}
