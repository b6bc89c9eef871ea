import CLinux
import Glibc

/// One keep-alive connection with at most one request under way.
final class LoadConnection {
    enum State {
        case disconnected
        case idle
        case awaitingAnswer
    }

    enum Sending {
        case complete
        /// The kernel took a part; wait until the socket can be written.
        case partial
        case broken
    }

    let index: Int
    private(set) var descriptor: Int32 = -1
    var state = State.disconnected
    /// The event under way; kept until its answer came, also over a broken connection.
    var plan: EventPlan?
    /// On the monotonic clock: when the event was due, from which its latency counts.
    var scheduledNanoseconds: UInt64 = 0
    /// On the monotonic clock: not before then may the plan be sent again.
    var retryNanoseconds: UInt64 = 0
    private var unsent: [UInt8] = []
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private var inputCount = 0

    init(index: Int) {
        self.index = index
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        input.deallocate()
    }

    /// Connects to 127.0.0.1; false when nobody listens.
    func connect(port: UInt16) -> Bool {
        disconnect()
        guard let opened = LoopbackSocket.connect(port: port) else { return false }
        guard fcntl(opened, F_SETFL, O_NONBLOCK) == 0 else {
            close(opened)
            return false
        }
        descriptor = opened
        state = .idle
        return true
    }

    func disconnect() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        state = .disconnected
        inputCount = 0
        unsent = []
    }

    func send(_ request: UnsafeRawBufferPointer) -> Sending {
        guard let start = request.baseAddress else { return .complete }
        let count = Glibc.send(descriptor, start, request.count, Int32(MSG_NOSIGNAL))
        if count == request.count { return .complete }
        if count < 0, errno != EAGAIN { return .broken }
        unsent = Array(request[max(count, 0)...])
        return .partial
    }

    func sendRest() -> Sending {
        let rest = unsent
        unsent = []
        return rest.withUnsafeBytes { send($0) }
    }

    var hasUnsent: Bool { !unsent.isEmpty }

    /// Takes what has arrived. Nil when the connection has ended or the answer makes no sense.
    func receive() -> ResponseReader.Reading? {
        guard let start = input.baseAddress, inputCount < input.count else { return nil }
        let count = recv(descriptor, start + inputCount, input.count - inputCount, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return .incomplete }
        guard count > 0 else { return nil }
        inputCount += count
        let reading = ResponseReader.read(UnsafeRawBufferPointer(rebasing: input[..<inputCount]))
        switch reading {
        case .incomplete: return .incomplete
        case .malformed: return nil
        case .answer(let answer):
            // One request under way has one answer: anything behind it is not ours.
            guard answer.byteCount == inputCount else { return nil }
            inputCount = 0
            return reading
        }
    }
}
