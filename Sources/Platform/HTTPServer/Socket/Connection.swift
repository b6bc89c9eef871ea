/// The state of one connection; touched only by the thread of its event loop.
final class Connection {
    enum Phase {
        case free
        case open
        /// Everything is answered and our side is shut; what still comes is discarded until the peer closes.
        case lingering
    }

    enum ReadPhase {
        case idle
        case head
        case body
    }

    let slot: UInt32
    /// Grows with each use of the slot, so that tickets of earlier connections are known as stale.
    var generation: UInt32 = 0
    var phase = Phase.free
    var descriptor: Int32 = -1
    var peer = PeerAddress.unix
    /// What epoll was last told.
    var interest: UInt32 = 0

    var parser = RequestParser()
    /// Bytes from the first of the request that is being read: its head, its body so far, what came after.
    var input = ByteQueue()
    /// How far into the request the parser is; 0 until its head is complete.
    var cursor = 0
    var bodyCount = 0
    var head = HeadLayout()

    /// Requests are numbered per connection; the window `nextAnswer..<nextRequest` is in flight.
    var nextRequest: UInt32 = 0
    var nextAnswer: UInt32 = 0
    /// Four bits for each request in flight, at `(number % 16) * 4`; see `RequestMarks`.
    var marks: UInt64 = 0
    /// Answers that came before their turn.
    var early: [UInt32: HTTPAnswer] = [:]

    var output = ByteQueue()
    var isDirty = false
    /// Too much is in flight or unsent; the next request is not looked at.
    var isPaused = false
    /// No further request will be read.
    var stopsReading = false
    var closesAfterOutput = false
    var resetsAfterOutput = false
    var peerClosed = false
    var owesContinue = false
    var lingeredBytes = 0

    var readPhase = ReadPhase.idle
    /// The request that `readDeadline` was set for.
    var readRequest: UInt32 = 0
    var readDeadline = UInt64.max
    var answerDeadline = UInt64.max
    var writeDeadline = UInt64.max

    init(slot: UInt32) {
        self.slot = slot
    }

    var inFlight: Int { Int(nextRequest &- nextAnswer) }

    func open(descriptor: Int32, peer: PeerAddress) {
        generation &+= 1
        phase = .open
        self.descriptor = descriptor
        self.peer = peer
        interest = 0
        parser = RequestParser()
        cursor = 0
        bodyCount = 0
        nextRequest = 0
        nextAnswer = 0
        marks = 0
        isPaused = false
        stopsReading = false
        closesAfterOutput = false
        resetsAfterOutput = false
        peerClosed = false
        owesContinue = false
        lingeredBytes = 0
        readPhase = .idle
        readRequest = 0
        readDeadline = .max
        answerDeadline = .max
        writeDeadline = .max
    }

    /// Numbers a request that is complete or refused.
    func beginRequest(_ requestMarks: RequestMarks) -> UInt32 {
        let number = nextRequest
        let shift = UInt64(number & 15) * 4
        marks = marks & ~(15 << shift) | UInt64(requestMarks.rawValue) << shift
        nextRequest &+= 1
        return number
    }

    func marks(of number: UInt32) -> RequestMarks {
        RequestMarks(rawValue: UInt8(truncatingIfNeeded: marks >> (UInt64(number & 15) * 4) & 15))
    }
}

/// What must be remembered of a request until its answer is written.
struct RequestMarks: OptionSet {
    let rawValue: UInt8

    /// HEAD: the answer has no body.
    static let isHead = RequestMarks(rawValue: 1)
    /// The connection closes after the answer.
    static let closes = RequestMarks(rawValue: 2)
    /// HTTP/1.0: staying open must be said.
    static let isOld = RequestMarks(rawValue: 4)
}
