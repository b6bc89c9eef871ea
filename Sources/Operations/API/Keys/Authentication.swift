import BillingModel
import Cryptography
import Database

/// Turns an `Authorization` field into a principal.
struct Authentication: Sendable {
    let epoch: StoreEpoch

    /// Nil when the key is missing, malformed, unknown or revoked. All four do the same work: one digest, one
    /// look-up, one comparison, so that the time tells nothing either.
    func principal(
        authorization: [String],
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> Principal? {
        let token = authorization.count == 1 ? bearerToken(authorization[0]) : nil
        let digest = APIKeySecret.digest(of: token ?? "")
        let found = try APIKeysTable.key(digest: digest, in: transaction)
        let isSame = ConstantTime.areEqual(
            found?.digest ?? [UInt8](repeating: 0, count: digest.count),
            digest
        )
        guard let key = found?.key, isSame, token != nil, key.revokedAt == nil else { return nil }
        return Principal(name: PublicID(.apiKey, key.number).text(epoch: epoch), key: key)
    }

    /// RFC 6750 §2.1; the scheme's name in any case.
    private func bearerToken(_ field: String) -> String? {
        let scheme = "bearer "
        guard field.utf8.count > scheme.utf8.count,
            field.utf8.prefix(scheme.utf8.count).map({ $0 | 0x20 }).elementsEqual(scheme.utf8)
        else { return nil }
        let token = field.utf8.dropFirst(scheme.utf8.count)
        guard token.count <= APIKeySecret.textBytesMax else { return nil }
        return String(Substring(token))
    }
}
