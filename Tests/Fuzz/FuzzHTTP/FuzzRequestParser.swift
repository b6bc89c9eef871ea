import HTTPServer

/// The first byte says where to cut the rest; whole and cut streams must give the same events.
func fuzzRequestParser(_ data: UnsafeRawBufferPointer) {
    let bytes = Array(data.dropFirst())
    let step = Int(data[0]) % 29 + 1
    let whole = Trace.of(bytes, step: bytes.count)
    let cut = Trace.of(bytes, step: step)
    precondition(whole == cut, "events depend on the cut, every \(step) bytes")
}

/// What the parser said, as plain text and bytes.
private struct Trace: Equatable {
    var words: [String] = []
    var bodies: [UInt8] = []

    static func of(_ bytes: [UInt8], step: Int) -> Trace {
        let limits = HTTPLimits()
        let table = HeaderTable(capacity: limits.headerCountMax)
        var trace = Trace()
        var parser = RequestParser()
        var start = 0
        var end = 0
        while end < bytes.count {
            end = min(end + max(step, 1), bytes.count)
            parsing: while true {
                // A copy of the exact size, so that the address sanitizer sees reads past its end.
                let shown = Array(bytes[start..<end])
                let found = shown.withUnsafeBytes { parser.next($0, limits: limits, table: table) }
                precondition(found.consumed <= shown.count, "no more is consumed than was shown")
                start += found.consumed
                switch found.event {
                case .needMore:
                    break parsing
                case .head(let head):
                    trace.words.append("\(head)")
                    for index in 0..<Int(head.fieldCount) {
                        let field = table.fields[index]
                        precondition(field.name.end <= field.value.start, "a value follows its name")
                        precondition(field.value.end <= head.headBytes, "fields lie within the head")
                        trace.words.append("\(field)")
                    }
                    if let refusal = parser.accept(head, bodyBytesMax: 500) {
                        trace.words.append("\(refusal)")
                        return trace
                    }
                case .body(let from, let count):
                    precondition(from + count == found.consumed, "a body piece ends what was consumed")
                    trace.bodies += shown[from..<from + count]
                    precondition(trace.bodies.count <= bytes.count, "a body is no longer than its request")
                case .end:
                    trace.words.append("end \(trace.bodies.count)")
                case .refused(let refusal):
                    trace.words.append("\(refusal)")
                    return trace
                }
            }
        }
        return trace
    }
}
