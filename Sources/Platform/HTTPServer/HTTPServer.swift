// Purpose:  a strict HTTP/1.1 server on epoll: requests in, answers out, limits everywhere.
// Owns:     listening sockets, connections, event-loop threads.
// May import: CLinux, Threading, Timing.
// Never:    business words, routes, JSON; a thread, task or continuation per request.
// Start reading at: HTTPHandler.swift, then Wire/RequestParser.swift, then Socket/EventLoop.swift.
import Glibc
import Threading
package import Timing

/// One listener, its event loops, and the handler that answers.
package final class HTTPServer: HTTPAnswerSink {
    private struct Running {
        var threads: [WorkerThread]
        var address: HTTPListenAddress
        /// Closed by the loop that accepts, after it was told to drain.
        var listener: Int32
    }

    private let configuration: HTTPServerConfiguration
    private let core: ServerCore
    private let running = Lock<Running?>(nil)

    package init(
        configuration: HTTPServerConfiguration,
        handler: any HTTPHandler,
        monotonicClock: MonotonicClock = .system,
        wallClock: WallClock = .system
    ) {
        self.configuration = configuration
        core = ServerCore(
            configuration: configuration,
            handler: handler,
            monotonicClock: monotonicClock,
            wallClock: wallClock
        )
    }

    deinit {
        drain(deadline: .zero)
    }

    /// Binds, listens and starts the threads. Call once. Throws when the address cannot be had.
    package func start() throws(HTTPServerError) {
        let (descriptor, address) = try ListeningSocket.open(configuration.address)
        var loops: [EventLoop] = []
        do throws(HTTPServerError) {
            for index in core.inboxes.indices {
                let acceptor = index == 0 ? Acceptor(descriptor: descriptor) : nil
                loops.append(try EventLoop(core: core, index: index, acceptor: acceptor))
            }
        } catch {
            close(descriptor)
            throw error
        }
        let threads = loops.enumerated().map { index, loop in
            WorkerThread.start(name: "\(configuration.name)-\(index)") { loop.run() }
        }
        running.withLock { $0 = Running(threads: threads, address: address, listener: descriptor) }
    }

    /// The TCP port that was bound; 0 before `start` and for a Unix socket.
    package var boundPort: UInt16 {
        switch boundAddress {
        case .tcp(_, let port): port
        case .unix: 0
        }
    }

    /// Where it listens, the chosen port filled in.
    package var boundAddress: HTTPListenAddress {
        running.withLock { $0?.address } ?? configuration.address
    }

    /// Stops accepting, closes idle connections, answers what is in flight with `Connection: close`, and returns
    /// when all are closed or after `deadline`, when the rest is cut. Does nothing the second time. Not to be
    /// called from the handler.
    package func drain(deadline: Duration) {
        let ended = running.withLock { running in
            let ended = running
            running = nil
            return ended
        }
        guard let ended else { return }
        let until = core.monotonicClock.nanoseconds() &+ Deadlines.nanoseconds(deadline)
        // At once for all threads: whoever connects from here on is refused by the system.
        shutdown(ended.listener, Int32(SHUT_RDWR))
        for inbox in core.inboxes { inbox.orders.post(.drain(until: until)) }
        for thread in ended.threads { thread.join() }
        // Connections that were handed to a loop which had ended.
        for inbox in core.inboxes {
            for order in inbox.orders.takeAll() {
                if case .adopt(let descriptor, let peer) = order {
                    close(descriptor)
                    core.census.leave(peer)
                }
            }
        }
        if case .unix(let path) = ended.address { unlink(path) }
    }

    /// A moment's sum over the event loops.
    package func counters() -> HTTPCounters {
        var sum = HTTPCounters()
        for inbox in core.inboxes { sum.add(inbox.counters) }
        return sum
    }

    package func respond(_ ticket: HTTPTicket, _ answer: HTTPAnswer) {
        core.respond(ticket, answer)
    }

    /// Answers a group of requests: one lock and one wake-up per event loop.
    package func respond(_ batch: [(HTTPTicket, HTTPAnswer)]) {
        core.respond(batch)
    }
}
