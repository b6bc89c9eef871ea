/// Limits of one client (reliability O10); the defaults are those of the mirror.
package struct HTTPClientConfiguration: Sendable {
    /// Name lookup, TCP and TLS together.
    package var connectTimeout: Duration = .seconds(5)
    /// From the call of `send`, waiting for a free connection included, to the last byte.
    package var totalTimeout: Duration = .seconds(30)
    /// Slower than this over `lowSpeedTime` ends the transfer, also while nothing is heard at all: an answer
    /// that is not begun after `lowSpeedTime` is not waited for.
    package var lowSpeedBytesPerSecond = 100
    /// Whole seconds.
    package var lowSpeedTime: Duration = .seconds(10)
    /// A connection whose bytes nobody acknowledged for so long is dead. Without it an HTTP/2 connection over a path
    /// that went away would be tried again and again until the system gives it up after 15 minutes.
    package var acknowledgementTimeout: Duration = .seconds(10)
    /// An idle connection older than this is not used again, so that a provider's moved name is noticed.
    package var connectionLifetime: Duration = .seconds(600)
    package var responseBodyBytesMax = 4_000_000
    /// All header bytes of one answer, informational answers before it included.
    package var responseHeadBytesMax = 64_000
    package var requestBodyBytesMax = 4_000_000
    /// Name and value of all headers together; also the limit of the URL.
    package var requestHeadBytesMax = 32_000
    /// Transfers beyond it wait for a free connection. With HTTP/2 many share one.
    package var connectionsPerHostMax = 64
    /// Connections that are kept, in use or idle.
    package var connectionsMax = 256
    /// Requests that are taken and not yet answered; beyond it `client_full`.
    package var transfersMax = 4_096
    /// A certificate authority file is read again after this long, so that a repaired one is noticed.
    package var authorityFileLifetime: Duration = .seconds(60)
    /// The thread's name; the kernel keeps 15 bytes.
    package var name = "curl"

    package init() {}
}
