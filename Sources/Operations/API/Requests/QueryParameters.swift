import BillingModel
import Timing

/// The query of one request. Routes take what they know; what is left over is refused.
struct QueryParameters: Sendable {
    struct Pair: Sendable, Hashable {
        let name: String
        let value: String
    }

    private(set) var pairs: [Pair]

    static let countMax = 32

    init(_ query: String?) throws {
        pairs = []
        for part in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let halves = part.split(
                separator: UInt8(ascii: "="),
                maxSplits: 1,
                omittingEmptySubsequences: false
            )
            guard let name = PercentEncoding.decoded(Substring(halves[0]), plusIsSpace: true),
                let value = PercentEncoding.decoded(
                    halves.count == 2 ? Substring(halves[1]) : "",
                    plusIsSpace: true
                )
            else {
                throw Problem(.invalidParameter, "The query is not percent-encoded UTF-8 without NUL.")
            }
            pairs.append(Pair(name: name, value: value))
        }
        guard pairs.count <= Self.countMax else {
            throw Problem(.invalidParameter, "A query holds at most \(Self.countMax) parameters.")
        }
    }

    /// The parameter's value; nil when it is not there or empty. Twice is refused.
    mutating func take(_ name: String) throws -> String? {
        let found = takeAll(name)
        guard found.count <= 1 else {
            throw Problem(.invalidParameter, "\(name) stands more than once.")
        }
        return found.first.flatMap { $0.isEmpty ? nil : $0 }
    }

    mutating func takeAll(_ name: String) -> [String] {
        let found = pairs.filter { $0.name == name }.map(\.value)
        pairs.removeAll { $0.name == name }
        return found
    }

    mutating func takeBoolean(_ name: String) throws -> Bool? {
        switch try take(name) {
        case nil: nil
        case "true"?: true
        case "false"?: false
        default: throw Problem(.invalidParameter, "\(name) is true or false.")
        }
    }

    /// RFC 3339 with a zone, or without for UTC.
    mutating func takeTime(_ name: String) throws -> Timestamp? {
        guard let text = try take(name) else { return nil }
        // A plus sign that was not escaped has become a space.
        let unescaped = text.utf8.contains(UInt8(ascii: "T")) ? replacingSpace(in: text) : text
        guard let time = Timestamp(rfc3339: unescaped) else {
            throw Problem(.invalidParameter, "\(name) is a time such as 2026-06-24T12:00:00Z.")
        }
        return time
    }

    mutating func takeWord<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Word.Type
    ) throws -> Word? where Word.RawValue == String {
        guard let text = try take(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem(.invalidParameter, "\(name) is one of \(known).")
        }
        return word
    }

    /// To be called once everything known was taken.
    func refuseRest() throws {
        guard let first = pairs.first else { return }
        throw Problem(.unknownParameter, "There is no parameter \(Problem.quoted(first.name)) here.")
    }

    private func replacingSpace(in text: String) -> String {
        String(decoding: text.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : $0 }, as: UTF8.self)
    }
}
