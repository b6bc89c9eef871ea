package import Database
import JSON
package import Timing

/// Answers that are kept for a repetition of their request.
package enum IdempotencyKeysTable {
    struct Kept: Sendable {
        let number: Int64
        let requestDigest: [UInt8]
        let answer: APIAnswer
        /// Until then the first request may still be under way.
        let busyUntil: Timestamp?
    }

    private static let get = Statement(
        "idempotency_keys.get",
        """
        SELECT id, request_digest, status, content_type, headers, body, busy_until
        FROM idempotency_keys
        WHERE key_digest = $1
            AND expires_at > $2
        """
    )
    private static let removeExpired = Statement(
        "idempotency_keys.remove_expired",
        "DELETE FROM idempotency_keys WHERE key_digest = $1 AND expires_at <= $2"
    )
    private static let insert = Statement(
        "idempotency_keys.insert",
        """
        INSERT INTO idempotency_keys
            (key_digest, request_digest, status, content_type, headers, body, busy_until, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """
    )
    private static let settle = Statement(
        "idempotency_keys.settle",
        """
        UPDATE idempotency_keys
        SET status = $2, content_type = $3, headers = $4, body = $5, busy_until = NULL
        WHERE key_digest = $1
        """
    )
    private static let remove = Statement(
        "idempotency_keys.remove",
        "DELETE FROM idempotency_keys WHERE key_digest = $1"
    )
    private static let sweep = Statement(
        "idempotency_keys.sweep",
        """
        DELETE FROM idempotency_keys
        WHERE id IN (
            SELECT id
            FROM idempotency_keys
            WHERE expires_at <= $1
            ORDER BY expires_at
            LIMIT $2
        )
        """
    )

    static func get(
        _ key: [UInt8],
        now: Timestamp,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Kept? {
        try transaction.first(get, [.bytes(key), .integer(now.milliseconds)]) { row in
            var answer = APIAnswer(
                status: Int(row.integer(2)),
                contentType: row.text(3),
                headers: headers(row.text(4)),
                body: row.bytes(5)
            )
            answer.headers.append(("Idempotency-Replayed", "true"))
            return Kept(
                number: row.integer(0),
                requestDigest: row.bytes(1),
                answer: answer,
                busyUntil: row.optionalInteger(6).map(Timestamp.init(milliseconds:))
            )
        }
    }

    static func insert(
        _ request: IdempotentRequest,
        _ answer: APIAnswer,
        busyUntil: Timestamp?,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(removeExpired, [.bytes(request.key), .integer(now.milliseconds)])
        try transaction.execute(
            insert,
            [
                .bytes(request.key), .bytes(request.digest), .integer(Int64(answer.status)),
                .text(answer.contentType), .text(text(answer.headers)),
                .bytes(answer.effects.keptBody ?? answer.body), .optional(busyUntil?.milliseconds),
                .integer(now.adding(seconds: IdempotentRequest.keptSeconds).milliseconds),
            ]
        )
    }

    /// The answer as it was given in the end.
    static func settle(
        _ request: IdempotentRequest,
        _ answer: APIAnswer,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        guard answer.status < 500 else {
            // What failed on the provider's side may be tried anew under the same key.
            try transaction.execute(remove, [.bytes(request.key)])
            return
        }
        try transaction.execute(
            settle,
            [
                .bytes(request.key), .integer(Int64(answer.status)), .text(answer.contentType),
                .text(text(answer.headers)), .bytes(answer.effects.keptBody ?? answer.body),
            ]
        )
    }

    /// Removes at most `limit` of those whose time is over; returns how many it removed.
    package static func sweep(
        now: Timestamp,
        limit: Int,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Int {
        try transaction.execute(sweep, [.integer(now.milliseconds), .integer(Int64(limit))])
    }

    private static func text(_ headers: [(name: String, value: String)]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for header in headers {
            writer.string(header.name)
            writer.string(header.value)
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func headers(_ text: String) -> [(name: String, value: String)] {
        // Written by `text` alone, so it always parses; a damaged list is none.
        guard let document = try? JSONDocument.parse(Array(text.utf8)) else { return [] }
        let words = document.root.elements.map { $0.string ?? "" }
        return stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
    }
}
