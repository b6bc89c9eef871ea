/// The header fields of a request, as the verifier and the event reader look at them.
package protocol SignedHeaders: ~Copyable {
    /// Calls `body` for each field of that name in order of arrival, the name compared without regard to case.
    ///
    /// `lowercaseName` is in lower case. The bytes handed out must stay valid and unchanged for as long as the
    /// headers are lent to the verifier, not only during `body`.
    func forEachValue(named lowercaseName: String, _ body: (UnsafeRawBufferPointer) -> Void)
}

extension SignedHeaders where Self: ~Copyable {
    /// Text of the first field of that name, white space around it removed.
    func firstText(named lowercaseName: String) -> String? {
        var text: String?
        forEachValue(named: lowercaseName) { value in
            if text == nil { text = String(decoding: value.trimmed(), as: UTF8.self) }
        }
        return text
    }
}

/// Headers of our own making: what the signer gives out, and what tests and tools hand in.
package final class HeaderList: SignedHeaders {
    private let fields: [(lowercaseName: String, value: UnsafeRawBufferPointer)]

    package init(_ fields: [(name: String, value: String)]) {
        self.fields = fields.map { field in
            let bytes = Array(field.value.utf8)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            copy.copyBytes(from: bytes)
            return (field.name.lowercased(), UnsafeRawBufferPointer(copy))
        }
    }

    deinit {
        for field in fields { field.value.deallocate() }
    }

    package func forEachValue(named lowercaseName: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        for field in fields where field.lowercaseName == lowercaseName { body(field.value) }
    }
}

extension UnsafeRawBufferPointer {
    /// Without the spaces and tabs at both ends (RFC 9110 §5.5 optional white space).
    func trimmed() -> UnsafeRawBufferPointer {
        var start = 0
        var end = count
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    func hasPrefix(_ prefix: [UInt8]) -> Bool {
        count >= prefix.count && prefix.indices.allSatisfy { self[$0] == prefix[$0] }
    }

    func isEqual(to bytes: [UInt8]) -> Bool {
        count == bytes.count && hasPrefix(bytes)
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
