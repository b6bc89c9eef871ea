/// Every bound of the server, each with the status that meets whoever passes it. Sizes in bytes, times as `Duration`.
package struct HTTPLimits: Sendable {
    /// Request line, fields and the empty line together; also the bound of a trailer section. Past it: 431.
    package var headBytesMax = 16 * 1024
    /// The request line alone. Past it: 414.
    package var requestLineBytesMax = 8 * 1024
    /// Field lines of a head, and of a trailer section. Past it: 431.
    package var headerCountMax = 100
    /// A chunk-size line with its extensions. Past it: 400.
    package var chunkLineBytesMax = 256
    /// All chunk extensions of one request together. Past it: 400.
    package var chunkExtensionBytesMax = 4 * 1024

    /// Open connections of one server. Past it: 503 and closed.
    package var connectionCountMax = 10_000
    /// Open connections of one remote address; not applied to loopback, Unix sockets, or behind proxies.
    package var connectionsPerAddressMax = 256
    /// Requests of one connection that were handed to the handler and are not answered. Reading pauses there.
    /// At most 16.
    package var requestsInFlightPerConnectionMax = 16
    /// Unsent answer bytes at which a connection's next request is not looked at yet.
    package var outputBytesPause = 256 * 1024

    /// Bytes of unfinished requests and unsent answers that one server holds at a time, shared evenly by its event
    /// loops. Past it, requests that arrive in several pieces: 503.
    package var bufferedBytesMax = 256 * 1024 * 1024

    /// From the first byte of a head to its last. Past it: 408.
    package var headDeadline: Duration = .seconds(5)
    /// From the end of the head to the end of the body. Past it: 408.
    package var bodyDeadline: Duration = .seconds(15)
    /// A connection without a request. Past it: closed silently.
    package var idleDeadline: Duration = .seconds(75)
    /// From the handler's call to its answer; covers a responder that was dropped. Past it: 503.
    package var answerDeadline: Duration = .seconds(60)
    /// From the first answer byte that the peer's window did not take until all are taken. Past it: reset.
    package var writeDeadline: Duration = .seconds(30)
    /// How long a closing connection is read and discarded, so that the peer can read the answer.
    package var lingerDeadline: Duration = .seconds(2)
    /// How much of it is discarded.
    package var lingerBytesMax = 4 * 1024 * 1024

    package init() {}
}
