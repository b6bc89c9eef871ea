import CLinux
import Glibc

/// The listening socket, seen by the loop that accepts. Connections are dealt out in turn.
struct Acceptor {
    enum Outcome {
        case connection(Int32, PeerAddress)
        /// Closed at once because no descriptor was left.
        case discarded
        /// The peer went away before it was accepted, or another passing error.
        case failed
        /// No descriptor is left at all.
        case exhausted
        case none
    }

    let descriptor: Int32
    var isSuspended = false
    /// Given up when descriptors run out, so that waiting peers can be told by a close instead of being left.
    private var reserve: Int32
    private var turn = 0

    init(descriptor: Int32) {
        self.descriptor = descriptor
        reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }

    mutating func nextLoop(of count: Int) -> Int {
        turn = (turn + 1) % count
        return turn
    }

    mutating func accept() -> Outcome {
        var storage = sockaddr_storage()
        let (accepted, reason) = Self.accept(descriptor, &storage)
        if accepted >= 0 { return .connection(accepted, ListeningSocket.peer(storage)) }
        switch reason {
        case EAGAIN: return .none
        case EINVAL: return .none  // `HTTPServer.drain` has shut the listener down.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            guard reserve >= 0 else {
                reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
                return .exhausted
            }
            Glibc.close(reserve)
            let (spare, _) = Self.accept(descriptor, &storage)
            if spare >= 0 { Glibc.close(spare) }
            reserve = open("/dev/null", O_RDONLY | O_CLOEXEC)
            return spare >= 0 ? .discarded : .exhausted
        default:
            // accept(2): pending network errors of the new socket; the next one may be fine.
            return .failed
        }
    }

    func close() {
        Glibc.close(descriptor)
        if reserve >= 0 { Glibc.close(reserve) }
    }

    /// Tells a peer that it is one too many. The answer fits any empty send buffer.
    static func turnAway(_ descriptor: Int32, _ refusal: HTTPRefusal) {
        let answer = EncodedResponse(refusal.response)
        let bytes = answer.headWithoutDate + Array("Connection: close\r\n\r\n".utf8) + answer.body
        // Best effort: the connection is closed either way.
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        shutdown(descriptor, Int32(SHUT_WR))
        Glibc.close(descriptor)
    }

    private static func accept(_ listener: Int32, _ storage: inout sockaddr_storage) -> (Int32, Int32) {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let accepted = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                accept4(listener, $0, &length, flags)
            }
        }
        return (accepted, accepted < 0 ? errno : 0)
    }
}
