/// What `a[0][b]=v` and its kin say, as a tree. Keys keep their order of arrival.
indirect enum FormNode: Sendable, Equatable {
    case text(String)
    case branch(FormBranch)
    /// `a[]=1&a[]=2`
    case appended([String])
}

struct FormBranch: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let key: String
        var node: FormNode
    }

    var entries: [Entry] = []

    subscript(key: String) -> FormNode? { entries.first { $0.key == key }?.node }
}

/// Reads `application/x-www-form-urlencoded` strictly: what a sloppy client would get away with is refused, so that
/// the tests of a client find it. WHATWG URL §5.1 for the escapes, `reference/provider_api.md` 1.1 for the keys.
enum FormDecoder {
    static let parametersMax = 1000
    static let depthMax = 8

    static func decode(_ text: some Collection<UInt8>, into branch: inout FormBranch) throws(ProviderError) {
        guard !text.isEmpty else { return }
        var count = 0
        for part in text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            count += 1
            guard count <= parametersMax else { throw ProviderError("Too many parameters in one request.") }
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw ProviderError("A parameter without a value sign stands in the request.")
            }
            let name = try unescape(part[..<equals])
            let value = try unescape(part[part.index(after: equals)...])
            let path = try keys(name)
            try insert(.init(path: path[...], value: value, name: name), into: &branch)
        }
    }

    private struct Assignment {
        var path: ArraySlice<String>
        let value: String
        let name: String
    }

    private static func insert(_ assignment: Assignment, into branch: inout FormBranch) throws(ProviderError)
    {
        guard let key = assignment.path.first else { return }
        var rest = assignment
        rest.path = assignment.path.dropFirst()
        let index = branch.entries.firstIndex { $0.key == key }
        if rest.path.isEmpty {
            guard index == nil else {
                throw ProviderError(
                    "The parameter stands twice: \(assignment.name)",
                    parameter: assignment.name
                )
            }
            branch.entries.append(.init(key: key, node: .text(assignment.value)))
        } else if rest.path.first == "", rest.path.count == 1 {
            try append(assignment, to: &branch, at: index, key: key)
        } else {
            var inner = FormBranch()
            if let index {
                guard case .branch(let known) = branch.entries[index].node else { throw mixed(assignment) }
                inner = known
            }
            try insert(rest, into: &inner)
            if let index {
                branch.entries[index].node = .branch(inner)
            } else {
                branch.entries.append(.init(key: key, node: .branch(inner)))
            }
        }
    }

    private static func append(
        _ assignment: Assignment,
        to branch: inout FormBranch,
        at index: Int?,
        key: String
    ) throws(ProviderError) {
        guard let index else {
            branch.entries.append(.init(key: key, node: .appended([assignment.value])))
            return
        }
        guard case .appended(let values) = branch.entries[index].node else { throw mixed(assignment) }
        branch.entries[index].node = .appended(values + [assignment.value])
    }

    private static func mixed(_ assignment: Assignment) -> ProviderError {
        ProviderError("The parameter has two shapes: \(assignment.name)", parameter: assignment.name)
    }

    /// `a[0][b]` as `a`, `0`, `b`; an empty key stands only last (`a[]`).
    private static func keys(_ name: String) throws(ProviderError) -> [String] {
        let bytes = Array(name.utf8)
        let first = bytes.firstIndex(of: UInt8(ascii: "[")) ?? bytes.endIndex
        guard first > 0, !bytes[..<first].contains(UInt8(ascii: "]")) else { throw badName(name) }
        var keys = [String(decoding: bytes[..<first], as: UTF8.self)]
        var rest = bytes[first...]
        while !rest.isEmpty {
            guard rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) else {
                throw badName(name)
            }
            let key = rest[(rest.startIndex + 1)..<close]
            rest = rest[(close + 1)...]
            guard !key.contains(UInt8(ascii: "[")), !key.isEmpty || rest.isEmpty, keys.count < depthMax else {
                throw badName(name)
            }
            keys.append(String(decoding: key, as: UTF8.self))
        }
        return keys
    }

    private static func badName(_ name: String) -> ProviderError {
        ProviderError("The parameter's name cannot be read: \(name)", parameter: name)
    }

    private static func unescape(_ text: some Collection<UInt8>) throws(ProviderError) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            index = text.index(after: index)
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index != text.endIndex, let high = digit(text[index]) else { throw badEscape }
                index = text.index(after: index)
                guard index != text.endIndex, let low = digit(text[index]) else { throw badEscape }
                index = text.index(after: index)
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw ProviderError("The request holds bytes that are no UTF-8.")
        }
        return decoded
    }

    private static let badEscape = ProviderError("A percent sign in the request begins no escape.")

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }
}
