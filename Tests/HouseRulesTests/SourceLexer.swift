/// Swift text taken apart into what is code, what is said in literals, and what is said in comments, line by line.
///
/// Knows strings (plain, raw, multi-line, with interpolations in them) and comments (nested ones too); that is
/// enough to tell a word in a message from a call.
struct SourceLexer {
    struct Line: Sendable {
        var code = ""
        var literal = ""
        var comment = ""
    }

    private enum Mode {
        case code(closesAt: Int?)
        case string(hashes: Int, isMultiline: Bool)
        case lineComment
        case blockComment(depth: Int)
    }

    static func lines(of text: String) -> [Line] {
        var lexer = SourceLexer(bytes: Array(text.utf8))
        lexer.run()
        return lexer.lines
    }

    private let bytes: [UInt8]
    private var position = 0
    private var lines: [Line] = []
    private var code: [UInt8] = []
    private var literal: [UInt8] = []
    private var comment: [UInt8] = []
    private var modes: [Mode] = [.code(closesAt: nil)]
    private var parentheses = 0

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func run() {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\n") {
                if case .lineComment = modes.last { modes.removeLast() }
                endLine()
                position += 1
                continue
            }
            switch modes.last {
            case .code(let closesAt): readCode(byte, closesAt: closesAt)
            case .string(let hashes, let isMultiline):
                readString(byte, hashes: hashes, isMultiline: isMultiline)
            case .lineComment:
                comment.append(byte)
                position += 1
            case .blockComment(let depth): readBlockComment(byte, depth: depth)
            case nil: position += 1
            }
        }
        endLine()
    }

    private mutating func endLine() {
        lines.append(
            Line(
                code: String(decoding: code, as: UTF8.self),
                literal: String(decoding: literal, as: UTF8.self),
                comment: String(decoding: comment, as: UTF8.self)
            )
        )
        code = []
        literal = []
        comment = []
    }

    private mutating func readCode(_ byte: UInt8, closesAt: Int?) {
        if stands("//") {
            modes.append(.lineComment)
            position += 2
        } else if stands("/*") {
            modes.append(.blockComment(depth: 1))
            position += 2
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"), openString() {
            // Opened.
        } else {
            if byte == UInt8(ascii: "(") { parentheses += 1 }
            if byte == UInt8(ascii: ")") {
                parentheses -= 1
                if parentheses == closesAt {
                    modes.removeLast()
                    position += 1
                    return
                }
            }
            code.append(byte)
            position += 1
        }
    }

    private mutating func openString() -> Bool {
        var quote = position
        while quote < bytes.count, bytes[quote] == UInt8(ascii: "#") { quote += 1 }
        guard quote < bytes.count, bytes[quote] == UInt8(ascii: "\"") else { return false }
        let hashes = quote - position
        position = quote
        let isMultiline = stands("\"\"\"")
        position += isMultiline ? 3 : 1
        code.append(UInt8(ascii: "\""))
        modes.append(.string(hashes: hashes, isMultiline: isMultiline))
        return true
    }

    private mutating func readString(_ byte: UInt8, hashes: Int, isMultiline: Bool) {
        let mark = String(repeating: "#", count: hashes)
        if stands("\\" + mark + "(") {
            modes.append(.code(closesAt: parentheses))
            parentheses += 1
            position += hashes + 2
        } else if byte == UInt8(ascii: "\\"), hashes == 0 {
            literal.append(contentsOf: bytes[position..<min(position + 2, bytes.count)])
            position += 2
        } else if stands((isMultiline ? "\"\"\"" : "\"") + mark) {
            code.append(UInt8(ascii: "\""))
            modes.removeLast()
            position += (isMultiline ? 3 : 1) + hashes
        } else {
            literal.append(byte)
            position += 1
        }
    }

    private mutating func readBlockComment(_ byte: UInt8, depth: Int) {
        if stands("/*") {
            modes[modes.count - 1] = .blockComment(depth: depth + 1)
            position += 2
        } else if stands("*/") {
            if depth == 1 {
                modes.removeLast()
            } else {
                modes[modes.count - 1] = .blockComment(depth: depth - 1)
            }
            position += 2
        } else {
            comment.append(byte)
            position += 1
        }
    }

    private func stands(_ text: String) -> Bool {
        var index = position
        for byte in text.utf8 {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }
}
