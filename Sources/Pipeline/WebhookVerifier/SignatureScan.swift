/// The parts of a signature header, as places in its bytes; reused from request to request.
struct SignatureScan {
    private(set) var candidates: [UnsafeRawBufferPointer] = []
    private(set) var timestamp: UnsafeRawBufferPointer?

    mutating func reset() {
        candidates.removeAll(keepingCapacity: true)
        timestamp = nil
    }

    /// Adds what one header value holds. Nil, or why the request is refused.
    mutating func read(
        _ value: UnsafeRawBufferPointer,
        as syntax: SignatureSyntax,
        limits: SignatureLimits
    ) -> VerificationFailure? {
        guard value.count <= limits.headerBytesMax else { return .headerTooLarge }
        let value = value.trimmed()
        var failure: VerificationFailure?
        switch syntax {
        case .plain(let prefix, let prefixIsOptional):
            if value.hasPrefix(prefix) {
                candidates.append(value.dropping(prefix.count))
            } else if prefixIsOptional {
                candidates.append(value)
            }
        case .list(let separator, let prefix, let trims, let timestampIndex):
            var index = 0
            value.forEachEntry(separator) { entry in
                defer { index += 1 }
                let entry = trims ? entry.trimmed() : entry
                if index == timestampIndex {
                    timestamp = entry
                } else if !entry.isEmpty, entry.hasPrefix(prefix) {
                    candidates.append(entry.dropping(prefix.count))
                }
            }
        case .keyValue(let separator, let keys, let timestampKey, let trims):
            value.forEachEntry(separator) { entry in
                guard let (key, content) = (trims ? entry.trimmed() : entry).keyAndValue() else { return }
                if let timestampKey, key.isEqual(to: timestampKey) {
                    // Which of two times was checked and which was signed must never differ.
                    if timestamp != nil { failure = .malformedTimestamp }
                    timestamp = content
                } else if keys.contains(where: { key.isEqual(to: $0) }) {
                    candidates.append(content)
                }
            }
        }
        if candidates.count > limits.signaturesMax { return .tooManySignatures }
        return failure
    }
}

extension SignatureSyntax {
    var carriesTimestamp: Bool {
        switch self {
        case .plain: false
        case .list(_, _, _, let timestampIndex): timestampIndex != nil
        case .keyValue(_, _, let timestampKey, _): timestampKey != nil
        }
    }
}

extension UnsafeRawBufferPointer {
    func dropping(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[count...])
    }

    /// Calls `body` for what stands between separators, empty entries included.
    func forEachEntry(_ separator: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        let first = separator[0]
        let last = count - separator.count
        var start = 0
        var index = 0
        while index <= last {
            if self[index] == first, dropping(index).hasPrefix(separator) {
                body(UnsafeRawBufferPointer(rebasing: self[start..<index]))
                index += separator.count
                start = index
            } else {
                index += 1
            }
        }
        body(dropping(start))
    }

    /// Cut at the first `=`; nil without one.
    func keyAndValue() -> (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        guard let equals = firstIndex(of: UInt8(ascii: "=")) else { return nil }
        return (UnsafeRawBufferPointer(rebasing: self[..<equals]), dropping(equals + 1))
    }
}
