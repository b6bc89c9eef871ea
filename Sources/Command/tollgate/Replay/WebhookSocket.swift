import CLinux
import Glibc

/// One keep-alive connection to the receiver: a blocking socket with time limits, owned by one thread.
final class WebhookSocket {
    enum Failure: Error {
        case cannotConnect(reason: String)
        /// The request may or may not have been taken.
        case noAnswer(reason: String)
    }

    private let target: ReplayTarget
    private let timeoutSeconds: Int
    private var descriptor: Int32 = -1
    private var answersRead = 0

    init(_ target: ReplayTarget, timeoutSeconds: Int = 30) {
        self.target = target
        self.timeoutSeconds = timeoutSeconds
    }

    deinit {
        hangUp()
    }

    /// Sends one request and waits for its answer. A kept connection that the other side has closed meanwhile is
    /// opened anew, once.
    func exchange(headers: [(name: String, value: String)], body: [UInt8]) throws(Failure) -> WebhookAnswer {
        let request = request(headers: headers, body: body)
        let wasKept = descriptor >= 0 && answersRead > 0
        do throws(Failure) {
            return try exchangeOnce(request)
        } catch {
            hangUp()
            // Deliveries carry their event's id, so that sending one again is what a provider would do as well.
            guard wasKept, case .noAnswer = error else { throw error }
            return try exchangeOnce(request)
        }
    }

    func connect() throws(Failure) {
        guard descriptor < 0 else { return }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(target.host, String(target.port), &hints, &list)
        guard code == 0 else { throw .cannotConnect(reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var address = list
        while let candidate = address?.pointee {
            let made = socket(candidate.ai_family, candidate.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            if made >= 0 {
                limitTime(of: made)
                if Glibc.connect(made, candidate.ai_addr, candidate.ai_addrlen) == 0 {
                    descriptor = made
                    answersRead = 0
                    return
                }
                reason = String(cString: strerror(errno))
                close(made)
            }
            address = candidate.ai_next
        }
        throw .cannotConnect(reason: reason)
    }

    private func exchangeOnce(_ request: [UInt8]) throws(Failure) -> WebhookAnswer {
        try connect()
        let isWhole = send(request)
        // A receiver that refuses early answers and closes before it has read everything.
        var reader = AnswerReader { [descriptor] buffer in
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count < 0, errno == EINTR { continue }
                return count
            }
        }
        guard let answer = reader.read() else {
            let reason =
                !isWhole
                ? "the connection broke while sending" : reader.failure ?? "the connection was closed"
            throw .noAnswer(reason: reason)
        }
        answersRead += 1
        if answer.closes || !isWhole { hangUp() }
        return answer
    }

    private func request(headers: [(name: String, value: String)], body: [UInt8]) -> [UInt8] {
        var head = "POST \(target.requestTarget) HTTP/1.1\r\nHost: \(target.authority)\r\n"
        head += "User-Agent: tollgate-replay\r\nContent-Length: \(body.count)\r\n"
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        head += "\r\n"
        return Array(head.utf8) + body
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    private func limitTime(of socket: Int32) {
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        var on: Int32 = 1
        let timeSize = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, timeSize)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, timeSize)
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private func hangUp() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        answersRead = 0
    }
}
