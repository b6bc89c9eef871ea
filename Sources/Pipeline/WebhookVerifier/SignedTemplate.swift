/// The signed message as a pattern: literal text, `{variables}`, and `[optional parts]` that are left out when a
/// variable inside them is empty.
struct SignedTemplate: Sendable {
    enum Variable: Sendable, Hashable {
        case body
        case timestamp
        case id
        case url
        case method
        case secret
        case query(String)
        case header(String)
        case json(JSONPath)
        /// The value of another key in the signature header.
        case keyValue(String)
        /// The values of the headers whose names stand under another key of the signature header.
        case headersNamedBy(String)

        init?(_ text: some StringProtocol) {
            switch text {
            case "body": self = .body
            case "timestamp": self = .timestamp
            case "id": self = .id
            case "url": self = .url
            case "method": self = .method
            case "secret": self = .secret
            default:
                guard let colon = text.firstIndex(of: ":"), text.index(after: colon) < text.endIndex else {
                    return nil
                }
                let argument = String(text[text.index(after: colon)...])
                switch text[..<colon] {
                case "query": self = .query(argument)
                case "header": self = .header(argument.lowercased())
                case "json": self = .json(JSONPath(argument))
                case "kv": self = .keyValue(argument)
                case "headers-named-by": self = .headersNamedBy(argument)
                default: return nil
                }
            }
        }
    }

    enum Piece: Sendable, Hashable {
        case literal([UInt8])
        case variable(Variable)
    }

    enum Segment: Sendable, Hashable {
        case piece(Piece)
        case optional([Piece])
    }

    /// Variables that must all be non-empty for this template to be the one.
    let conditions: [Variable]
    let segments: [Segment]

    var variables: [Variable] {
        conditions
            + segments.flatMap { segment in
                let pieces =
                    switch segment {
                    case .piece(let piece): [piece]
                    case .optional(let pieces): pieces
                    }
                return pieces.compactMap { if case .variable(let variable) = $0 { variable } else { nil } }
            }
    }

    /// Braces and brackets have no escape; no provider signs them literally.
    static func parse(_ text: String, conditions: [Variable]) -> Result<SignedTemplate, TemplateProblem> {
        var segments: [Segment] = []
        var optional: [Piece]?
        var rest = text[...]
        func add(_ piece: Piece) {
            if optional == nil { segments.append(.piece(piece)) } else { optional?.append(piece) }
        }
        while let first = rest.first {
            switch first {
            case "{":
                guard let end = rest.firstIndex(of: "}") else { return .failure(.unclosed("{")) }
                let name = rest[rest.index(after: rest.startIndex)..<end]
                guard let variable = Variable(name) else { return .failure(.unknownVariable(String(name))) }
                add(.variable(variable))
                rest = rest[rest.index(after: end)...]
            case "[":
                guard optional == nil else { return .failure(.nested) }
                optional = []
                rest.removeFirst()
            case "]":
                guard let pieces = optional else { return .failure(.unopened("]")) }
                segments.append(.optional(pieces))
                optional = nil
                rest.removeFirst()
            case "}":
                return .failure(.unopened("}"))
            default:
                let literal = rest.prefix { !"{}[]".contains($0) }
                add(.literal(Array(literal.utf8)))
                rest = rest[literal.endIndex...]
            }
        }
        guard optional == nil else { return .failure(.unclosed("[")) }
        return .success(SignedTemplate(conditions: conditions, segments: segments))
    }
}

enum TemplateProblem: Error {
    case unclosed(String)
    case unopened(String)
    case nested
    case unknownVariable(String)

    /// Continues "expected …".
    var wanted: String {
        switch self {
        case .unclosed(let bracket): "an end of the opened \"\(bracket)\""
        case .unopened(let bracket): "no \"\(bracket)\" without its opening"
        case .nested: "no optional part inside another"
        case .unknownVariable(let name):
            "a variable instead of \"{\(name)}\": {body}, {timestamp}, {id}, {url}, {method}, {secret}, "
                + "{query:NAME}, {header:NAME}, {json:PATH}, {kv:KEY} or {headers-named-by:KEY}"
        }
    }
}
