/// Where the parts of one valid head stand: offsets from the head's first byte. Plain numbers, no references.
struct HeadLayout: Sendable, Equatable {
    var method = HTTPMethod.other
    /// 0 or 1 of `HTTP/1.x`.
    var minorVersion: UInt8 = 1
    var isChunked = false
    var expectsContinue = false
    /// What the peer wants; the server may still close.
    var keepsAlive = true
    /// Bytes up to and including the empty line.
    var headBytes: UInt32 = 0
    var fieldCount: UInt32 = 0
    var methodPart = BytePart()
    var target = BytePart()
    var path = BytePart()
    /// Without the question mark; meaningful only if `hasQuery`.
    var query = BytePart()
    var hasQuery = false
    /// -1 when the head names none.
    var contentLength: Int = -1

    var hasBody: Bool { isChunked || contentLength > 0 }
}

/// A run of bytes, by offsets.
struct BytePart: Sendable, Equatable {
    var start: UInt32 = 0
    var end: UInt32 = 0

    var count: Int { Int(end &- start) }
}

struct HeaderField: Sendable, Equatable {
    var name = BytePart()
    /// Without the white space around it.
    var value = BytePart()
}

/// The fields of the head that was parsed last. One per event loop, so that idle connections own none.
final class HeaderTable {
    let capacity: Int
    let fields: UnsafeMutablePointer<HeaderField>

    init(capacity: Int) {
        self.capacity = capacity
        fields = .allocate(capacity: capacity)
        fields.initialize(repeating: HeaderField(), count: capacity)
    }

    deinit {
        fields.deallocate()
    }
}
