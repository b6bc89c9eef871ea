import Cryptography

/// RFC 9110 §8.8.3. Of an object `"<version>-<digest>"`, of a list `"<digest>"`.
///
/// The digest over the written answer is there because a version alone lies: an expanded relation, or a link to
/// an object that has just arrived, changes what is shown without changing the version.
struct EntityTag: Sendable, Hashable {
    let text: String

    init(version: Int64?, body: [UInt8]) {
        let digest = Hex.encode(Array(SHA256.digest(of: body).prefix(8)))
        text = version.map { "\"\($0)-\(digest)\"" } ?? "\"\(digest)\""
    }

    /// RFC 9110 §13.1.2: weak comparison against the list of an `If-None-Match` field.
    func matches(ifNoneMatch values: [String]) -> Bool {
        values.flatMap { $0.split(separator: ",") }.contains { candidate in
            var candidate = candidate.drop { $0 == " " || $0 == "\t" }
            while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == "*" || candidate == text
        }
    }
}
