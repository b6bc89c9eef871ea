// Purpose:  a strict HTTP/1.1 server on epoll: requests in, answers out, limits everywhere.
// Owns:     listening sockets, connections, event-loop threads.
// May import: CLinux, Threading, Timing.
// Never:    business words, routes, JSON; a thread, task or continuation per request.
// Start reading at: HTTPHandler.swift, then Wire/RequestParser.swift, then Socket/EventLoop.swift.
import Threading
package import Timing

/// One listener, its event loops, and the handler that answers.
package final class HTTPServer: HTTPAnswerSink {
    private let configuration: HTTPServerConfiguration

    package init(
        configuration: HTTPServerConfiguration,
        handler: any HTTPHandler,
        monotonicClock: MonotonicClock = .system,
        wallClock: WallClock = .system
    ) {
        self.configuration = configuration
    }

    /// Binds, listens and starts the threads. Call once. Throws when the address cannot be had.
    package func start() throws(HTTPServerError) {}

    /// The TCP port that was bound; 0 before `start` and for a Unix socket.
    package var boundPort: UInt16 { 0 }

    /// Where it listens, the chosen port filled in.
    package var boundAddress: HTTPListenAddress { configuration.address }

    /// Stops accepting, closes idle connections, answers what is in flight with `Connection: close`, and returns
    /// when all are closed or after `deadline`, when the rest is cut. Call once, not from the handler.
    package func drain(deadline: Duration) {}

    package func counters() -> HTTPCounters { HTTPCounters() }

    package func respond(_ ticket: HTTPTicket, _ answer: HTTPAnswer) {}

    /// Answers a group of requests: one lock and one wake-up per event loop.
    package func respond(_ batch: [(HTTPTicket, HTTPAnswer)]) {}
}
