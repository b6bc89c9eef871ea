import BillingModel
import Cryptography
import Database
import HTTPServer
import Timing

/// A request that names an `Idempotency-Key`: however often it comes, it is done once, and answered the same
/// (catalogue 3.1).
///
/// The answer is kept in the transaction of the change, so that no end of the process comes between the two. A
/// request that was refused before anything was written leaves nothing, and may be sent again put right.
struct IdempotentRequest: Sendable {
    /// 24 hours.
    static let keptSeconds: Int64 = 86_400
    static let keyBytesMax = 255

    /// Over who asked, for which site and mode, where, and the key.
    let key: [UInt8]
    /// Over what was asked.
    let digest: [UInt8]

    /// Nil for a request without a key, or one that only reads.
    init?(_ call: APICall, _ principal: Principal, site: String?, mode: DataMode?) throws {
        switch call.method {
        case .post, .patch, .put, .delete: break
        case .get, .head, .options, .other: return nil
        }
        guard let text = call.idempotencyKey.first else { return nil }
        guard call.idempotencyKey.count == 1, (1...Self.keyBytesMax).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Problem(
                .invalidIdempotencyKey,
                "Idempotency-Key stands once and has 1 to \(Self.keyBytesMax) visible ASCII characters."
            )
        }
        key = Self.digest([
            principal.name, site ?? "", mode?.rawValue ?? "", "\(call.method)", call.path, text,
        ])
        digest = Self.digest([call.query ?? "", Hex.encode(SHA256.digest(of: call.body))])
    }

    private static func digest(_ parts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += Array("\(part.utf8.count):".utf8)
            bytes += part.utf8
        }
        return SHA256.digest(of: bytes)
    }

    /// Nil when the request is to be done; else what became of it.
    func earlier(
        now: Timestamp,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Result<APIAnswer, Problem>? {
        guard let kept = try IdempotencyKeysTable.get(key, now: now, in: transaction) else { return nil }
        guard kept.requestDigest == digest else {
            return .failure(
                Problem(
                    .idempotencyKeyReused,
                    "This Idempotency-Key was sent with another request; take a new one for each."
                )
            )
        }
        if let busyUntil = kept.busyUntil, busyUntil > now {
            var problem = Problem(
                .idempotencyInProgress,
                "The first request with this Idempotency-Key has not been answered yet."
            )
            problem.headers = [("Retry-After", "1")]
            return .failure(problem)
        }
        return .success(kept.answer)
    }
}
