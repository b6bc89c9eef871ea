/// A valid request head, lent to the handler for the length of a call. Nothing is copied until asked for.
///
/// Cannot be kept: its bytes belong to the connection. Take out the Strings that outlive the call.
package struct HTTPRequestHead: ~Copyable {
    let bytes: UnsafeRawBufferPointer
    let layout: HeadLayout
    let fields: UnsafePointer<HeaderField>
    let peer: PeerAddress
    let proxies: TrustedProxies
    /// Counts the requests of this server's event loop from 1; for logs.
    package let number: UInt64

    package var method: HTTPMethod { layout.method }

    package var methodText: String { text(layout.methodPart) }

    /// The request target as sent.
    package var target: String { text(layout.target) }

    /// The path as sent, percent-encoding included; of an absolute target its path, "/" if that is empty.
    package var path: String { pathBytes.isEmpty ? "/" : text(layout.path) }

    /// Valid only during the handler's call. Empty for an absolute target without a path.
    package var pathBytes: UnsafeRawBufferPointer { part(layout.path) }

    /// What follows the first question mark, still percent-encoded; nil without one.
    package var query: String? { layout.hasQuery ? text(layout.query) : nil }

    /// Valid only during the handler's call. Empty without a query.
    package var queryBytes: UnsafeRawBufferPointer { part(layout.query) }

    /// Nil for a chunked body and for none.
    package var contentLength: Int? { layout.contentLength >= 0 ? layout.contentLength : nil }

    /// True when body bytes follow, of known length or chunked.
    package var hasBody: Bool { layout.hasBody }

    /// The first value of the field, without the white space around it. `lowercaseName` in lower case.
    package func header(_ lowercaseName: StaticString) -> String? {
        let name = UnsafeRawBufferPointer(
            start: lowercaseName.utf8Start,
            count: lowercaseName.utf8CodeUnitCount
        )
        guard let index = firstField(named: name, from: 0) else { return nil }
        return text(fields[index].value)
    }

    /// As above, for names known at run time (signature profiles).
    package func header(_ lowercaseName: String) -> String? {
        var name = lowercaseName
        return name.withUTF8 { name in
            guard let index = firstField(named: UnsafeRawBufferPointer(name), from: 0) else { return nil }
            return text(fields[index].value)
        }
    }

    /// The bytes of the first value; valid only during the handler's call.
    package func headerBytes(_ lowercaseName: StaticString) -> UnsafeRawBufferPointer? {
        let name = UnsafeRawBufferPointer(
            start: lowercaseName.utf8Start,
            count: lowercaseName.utf8CodeUnitCount
        )
        guard let index = firstField(named: name, from: 0) else { return nil }
        return part(fields[index].value)
    }

    /// The bytes of the first value; valid only during the handler's call.
    package func headerBytes(_ lowercaseName: String) -> UnsafeRawBufferPointer? {
        var name = lowercaseName
        return name.withUTF8 { name in
            guard let index = firstField(named: UnsafeRawBufferPointer(name), from: 0) else { return nil }
            return part(fields[index].value)
        }
    }

    /// The values of all fields of that name, in order of arrival.
    package func headerValues(_ lowercaseName: StaticString) -> [String] {
        let name = UnsafeRawBufferPointer(
            start: lowercaseName.utf8Start,
            count: lowercaseName.utf8CodeUnitCount
        )
        return values(named: name)
    }

    /// As above, for names known at run time.
    package func headerValues(_ lowercaseName: String) -> [String] {
        var name = lowercaseName
        return name.withUTF8 { values(named: UnsafeRawBufferPointer($0)) }
    }

    /// Hands out the bytes of every value of that name, in order of arrival; valid during the handler's call.
    package func forEachHeaderValue(_ lowercaseName: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var name = lowercaseName
        name.withUTF8 { name in
            var from = 0
            while let index = firstField(named: UnsafeRawBufferPointer(name), from: from) {
                body(part(fields[index].value))
                from = index + 1
            }
        }
    }

    /// The client's address as text: of the socket, or, when that is a configured proxy, the right-most
    /// address of `X-Forwarded-For` that is none. `unix` on a Unix socket.
    package var peerAddress: String {
        guard proxies.contains(peer) else { return peer.text }
        return proxies.client(behind: peer, forwardedFor: headerValues("x-forwarded-for")).text
    }

    private func values(named name: UnsafeRawBufferPointer) -> [String] {
        var found: [String] = []
        var from = 0
        while let index = firstField(named: name, from: from) {
            found.append(text(fields[index].value))
            from = index + 1
        }
        return found
    }

    private func firstField(named name: UnsafeRawBufferPointer, from: Int) -> Int? {
        var index = from
        while index < Int(layout.fieldCount) {
            if bytesEqual(part(fields[index].name), lowercase: name) { return index }
            index += 1
        }
        return nil
    }

    private func part(_ part: BytePart) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(part.start)..<Int(part.end)])
    }

    private func text(_ part: BytePart) -> String {
        String(decoding: self.part(part), as: UTF8.self)
    }
}
