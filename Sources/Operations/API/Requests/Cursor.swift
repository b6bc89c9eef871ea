import Cryptography
import CustomerStore
import Timing

/// The opaque text that continues a list: a position and a digest over it and the list it belongs to.
///
/// It grants nothing (a position means something only inside the caller's own scope); the digest tells a cursor
/// of other filters, and a damaged one, from a good one.
struct Cursor: Sendable, Hashable {
    let position: PagePosition

    private static let form: UInt8 = 1
    private static let byteCount = 1 + 8 + 8 + 8

    init(_ position: PagePosition) {
        self.position = position
    }

    init?(_ text: String, list: ListIdentity) {
        guard let bytes = Hex.decode(text), bytes.count == Self.byteCount, bytes[0] == Self.form else {
            return nil
        }
        position = PagePosition(
            createdAt: Timestamp(milliseconds: Int64(bitPattern: number(bytes[1..<9]))),
            number: Int64(bitPattern: number(bytes[9..<17]))
        )
        guard text == self.text(list: list) else { return nil }
    }

    func text(list: ListIdentity) -> String {
        let content =
            [Self.form] + bigEndian(UInt64(bitPattern: position.createdAt.milliseconds))
            + bigEndian(UInt64(bitPattern: position.number))
        return Hex.encode(content + SHA256.digest(of: list.bytes + content).prefix(8))
    }
}

/// What makes two lists the same: path, scope and filters, whatever their order in the query.
struct ListIdentity: Sendable, Hashable {
    let bytes: [UInt8]

    init(path: String, scope: String, filters: [QueryParameters.Pair]) {
        let sorted = filters.map { [$0.name, $0.value] }.sorted { $0.lexicographicallyPrecedes($1) }
        var bytes: [UInt8] = []
        for part in [path, scope] + sorted.flatMap({ $0 }) {
            bytes += bigEndian(UInt64(part.utf8.count))
            bytes += part.utf8
        }
        self.bytes = bytes
    }
}

private func bigEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
}

private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
