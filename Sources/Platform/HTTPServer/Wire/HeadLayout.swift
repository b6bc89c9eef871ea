/// Where the parts of one valid head stand: offsets from the head's first byte. Plain numbers, no references.
package struct HeadLayout: Sendable, Equatable {
    package var method = HTTPMethod.other
    /// 0 or 1 of `HTTP/1.x`.
    package var minorVersion: UInt8 = 1
    package var isChunked = false
    package var expectsContinue = false
    /// What the peer wants; the server may still close.
    package var keepsAlive = true
    /// Bytes up to and including the empty line.
    package var headBytes: UInt32 = 0
    package var fieldCount: UInt32 = 0
    package var methodPart = BytePart()
    package var target = BytePart()
    package var path = BytePart()
    /// Without the question mark; meaningful only if `hasQuery`.
    package var query = BytePart()
    package var hasQuery = false
    /// -1 when the head names none.
    package var contentLength: Int = -1

    package var hasBody: Bool { isChunked || contentLength > 0 }
}

/// A run of bytes, by offsets.
package struct BytePart: Sendable, Equatable {
    package var start: UInt32 = 0
    package var end: UInt32 = 0

    package var count: Int { Int(end &- start) }
}

package struct HeaderField: Sendable, Equatable {
    package var name = BytePart()
    /// Without the white space around it.
    package var value = BytePart()
}

/// The fields of the head that was parsed last. One per event loop, so that idle connections own none.
package final class HeaderTable {
    package let capacity: Int
    package let fields: UnsafeMutablePointer<HeaderField>

    package init(capacity: Int) {
        self.capacity = capacity
        fields = .allocate(capacity: capacity)
        fields.initialize(repeating: HeaderField(), count: capacity)
    }

    deinit {
        fields.deallocate()
    }
}
