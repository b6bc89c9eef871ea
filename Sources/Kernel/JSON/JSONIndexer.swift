import Glibc

/// The parser: one pass over the bytes that checks everything and leaves the token index behind.
///
/// There is no recursion and no stack beside the index: an open container's token remembers the container
/// around it until it is closed. Memory lives as long as the indexer; the finished index is copied out.
struct JSONIndexer: ~Copyable {
    let base: UnsafePointer<UInt8>
    let count: Int
    let limits: JSONLimits
    var position = 0
    private var index: UnsafeMutablePointer<JSONToken>
    private var capacity: Int
    private var used = 0
    private(set) var keys: JSONKeyTable

    /// `base` must stay valid for `count` bytes, at least one, while the indexer lives.
    init(base: UnsafePointer<UInt8>, count: Int, limits: JSONLimits) {
        self.base = base
        self.count = count
        self.limits = limits
        // Compact payloads hold a token per 10 to 12 bytes.
        capacity = 32 + count / 8
        index = .allocate(capacity: capacity)
        keys = JSONKeyTable(slotsAtLeast: count / 16)
    }

    deinit {
        index.deallocate()
    }

    var tokens: [JSONToken] { [JSONToken](UnsafeBufferPointer(start: index, count: used)) }

    func failure(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        JSONError(reason: reason, offset: offset)
    }

    /// Indexes the whole text, or throws at the first byte that cannot stand.
    mutating func scan() throws(JSONError) {
        if count >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
            throw failure(.byteOrderMark, at: 0)
        }
        var open = JSONToken.none
        var depth = 0
        skipWhitespace()
        value: while true {
            guard position < count else { throw failure(.unexpectedEnd, at: count) }
            switch base[position] {
            case UInt8(ascii: "\""):
                let start = position
                let isEscaped = try scanString()
                try append(JSONToken.string | (isEscaped ? JSONToken.flag : 0), from: start)
            case UInt8(ascii: "{"):
                guard depth < limits.depthMax else { throw failure(.tooDeep, at: position) }
                open = try push(JSONToken.object, inside: open)
                depth += 1
                skipWhitespace()
                guard position < count else { throw failure(.unexpectedEnd, at: count) }
                if base[position] != UInt8(ascii: "}") {
                    try scanKey(of: open)
                    continue value
                }
                open = close(open)
                depth -= 1
            case UInt8(ascii: "["):
                guard depth < limits.depthMax else { throw failure(.tooDeep, at: position) }
                open = try push(JSONToken.array, inside: open)
                depth += 1
                skipWhitespace()
                guard position < count else { throw failure(.unexpectedEnd, at: count) }
                if base[position] != UInt8(ascii: "]") { continue value }
                open = close(open)
                depth -= 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = position
                let isInteger = try scanNumber()
                try append(JSONToken.number | (isInteger ? JSONToken.flag : 0), from: start)
            case UInt8(ascii: "t"):
                try literal("true", JSONToken.boolean | JSONToken.flag)
            case UInt8(ascii: "f"):
                try literal("false", JSONToken.boolean)
            case UInt8(ascii: "n"):
                try literal("null", JSONToken.null)
            default:
                throw failure(.unexpectedByte, at: position)
            }

            // A value has ended; go on behind it, closing what closes here.
            while true {
                skipWhitespace()
                if open == JSONToken.none {
                    guard position == count else { throw failure(.trailingBytes, at: position) }
                    return
                }
                index[Int(open)].meta &+= JSONToken.countStep
                guard position < count else { throw failure(.unexpectedEnd, at: count) }
                let isObject = index[Int(open)].kind == JSONToken.object
                switch base[position] {
                case UInt8(ascii: ","):
                    position &+= 1
                    skipWhitespace()
                    if isObject { try scanKey(of: open) }
                    continue value
                case UInt8(ascii: "}") where isObject, UInt8(ascii: "]") where !isObject:
                    open = close(open)
                    depth -= 1
                default:
                    throw failure(.unexpectedByte, at: position)
                }
            }
        }
    }

    @inline(__always)
    private mutating func append(_ meta: UInt32, from start: Int) throws(JSONError) {
        if used == capacity { try grow() }
        index[used] = JSONToken(
            start: UInt32(truncatingIfNeeded: start),
            end: UInt32(truncatingIfNeeded: position),
            next: UInt32(truncatingIfNeeded: used &+ 1),
            meta: meta
        )
        used &+= 1
    }

    private mutating func grow() throws(JSONError) {
        guard used < limits.tokensMax else { throw failure(.tooManyTokens, at: position) }
        let larger = min(capacity * 2, limits.tokensMax)
        let grown = UnsafeMutablePointer<JSONToken>.allocate(capacity: larger)
        grown.update(from: index, count: used)
        index.deallocate()
        index = grown
        capacity = larger
    }

    @inline(__always)
    private mutating func push(_ kind: UInt32, inside open: UInt32) throws(JSONError) -> UInt32 {
        let token = UInt32(truncatingIfNeeded: used)
        try append(kind, from: position)
        index[Int(token)].next = open
        position &+= 1
        return token
    }

    /// Steps over the closing bracket and gives back the container around the closed one.
    @inline(__always)
    private mutating func close(_ open: UInt32) -> UInt32 {
        position &+= 1
        let outer = index[Int(open)].next
        index[Int(open)].end = UInt32(truncatingIfNeeded: position)
        index[Int(open)].next = UInt32(truncatingIfNeeded: used)
        return outer
    }

    /// A key with its colon, up to the first byte of the value.
    @inline(__always)
    private mutating func scanKey(of object: UInt32) throws(JSONError) {
        guard position < count else { throw failure(.unexpectedEnd, at: count) }
        guard base[position] == UInt8(ascii: "\"") else { throw failure(.unexpectedByte, at: position) }
        let start = position
        let isEscaped = try scanString()
        let key = used
        try append(JSONToken.string | (isEscaped ? JSONToken.flag : 0), from: start)
        index[key].next = object
        guard keys.insert(key, in: index, over: base) else {
            throw failure(.duplicateKey, at: start)
        }
        skipWhitespace()
        guard position < count else { throw failure(.unexpectedEnd, at: count) }
        guard base[position] == UInt8(ascii: ":") else { throw failure(.unexpectedByte, at: position) }
        position &+= 1
        skipWhitespace()
    }

    @inline(__always)
    mutating func skipWhitespace() {
        // Hardly ever in a compact text: every other byte that may stand here is greater than a blank.
        while position < count, base[position] <= UInt8(ascii: " ") {
            switch base[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
                position &+= 1
                // Indented payloads carry runs of blanks.
                while position &+ 8 <= count, word(at: position) == 0x2020_2020_2020_2020 { position &+= 8 }
            default: return
            }
        }
    }

    @inline(__always)
    private mutating func literal(_ text: StaticString, _ meta: UInt32) throws(JSONError) {
        let start = position
        let end = start &+ text.utf8CodeUnitCount
        guard end <= count, memcmp(base + start, text.utf8Start, text.utf8CodeUnitCount) == 0 else {
            throw failureOfLiteral(text, at: start)
        }
        position = end
        try append(meta, from: start)
    }

    @inline(never)
    private func failureOfLiteral(_ text: StaticString, at start: Int) -> JSONError {
        var offset = 0
        while start + offset < count, base[start + offset] == text.utf8Start[offset] { offset += 1 }
        return start + offset < count
            ? failure(.invalidLiteral, at: start + offset) : failure(.unexpectedEnd, at: count)
    }

    /// True when the number has neither fraction nor exponent.
    @inline(__always)
    private mutating func scanNumber() throws(JSONError) -> Bool {
        if base[position] == UInt8(ascii: "-") { position &+= 1 }
        if position < count, base[position] == UInt8(ascii: "0") {
            position &+= 1
            // RFC 8259 §6: leading zeros are not allowed.
            if position < count, isDigit(base[position]) { throw failure(.invalidNumber, at: position) }
        } else {
            try scanDigits()
        }
        guard position < count else { return true }
        var isInteger = true
        if base[position] == UInt8(ascii: ".") {
            isInteger = false
            position &+= 1
            try scanDigits()
        }
        if position < count, base[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position &+= 1
            if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
                position &+= 1
            }
            try scanDigits()
        }
        return isInteger
    }

    @inline(__always)
    private mutating func scanDigits() throws(JSONError) {
        let start = position
        while position < count, isDigit(base[position]) { position &+= 1 }
        guard position > start else {
            throw failure(position < count ? .invalidNumber : .unexpectedEnd, at: position)
        }
    }

    @inline(__always)
    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
