/// `If-Match` of a change (RFC 9110 §13.1.1), by the version that begins our entity tags.
///
/// The digest behind it is left out on purpose: it tells forms of an answer apart, and that an object was mirrored
/// meanwhile, which is no reason to refuse a change.
struct VersionCondition: Sendable {
    /// Nil: any version will do.
    private let versions: Set<Int64>?

    init(_ call: APICall) {
        let tags = call.ifMatch.flatMap { $0.split(separator: ",") }.map { tag in
            String(
                tag.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            )
        }
        guard !tags.isEmpty, !tags.contains("*") else {
            versions = nil
            return
        }
        versions = Set(
            tags.compactMap { tag in
                guard tag.count > 2, tag.hasPrefix("\""), tag.hasSuffix("\"") else { return nil }
                return Int64(tag.dropFirst().dropLast().prefix { $0 != "-" })
            }
        )
    }

    func check(_ version: Int64) -> Problem? {
        guard let versions, !versions.contains(version) else { return nil }
        return Problem(
            .versionMismatch,
            "The object has version \(version) by now; read it again and decide anew."
        )
    }
}
