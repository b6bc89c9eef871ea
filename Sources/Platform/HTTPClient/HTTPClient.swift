// Purpose:  requests to providers over HTTP and TLS: libcurl on its own thread behind an async face.
// Owns:     the curl thread, its connections, easy handles and limits.
// May import: CCurl, Threading, Timing.
// Never:    business words, retries, schedules; a switch that turns certificate checks off.
// Start reading at: HTTPTransport.swift, then HTTPClient.swift, TransferLoop.swift, Transfer.swift.
import Threading
package import Timing

/// Sends requests over kept connections; one thread carries all transfers.
///
/// Certificates are always checked. Proxies that the environment names, `.netrc`, cookies and redirects are
/// ignored. When a kept connection turns out to be dead before a byte of the answer came, libcurl sends the same
/// bytes once more on a new one: give whatever must not happen twice an idempotency key.
package final class HTTPClient: HTTPTransport {
    private let configuration: HTTPClientConfiguration
    private let monotonicClock: MonotonicClock
    private let queue: TransferQueue
    private let thread = Lock<WorkerThread?>(nil)

    package init(
        configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
        monotonicClock: MonotonicClock = .system
    ) {
        self.configuration = configuration
        self.monotonicClock = monotonicClock
        queue = TransferQueue(transfersMax: configuration.transfersMax)
    }

    deinit {
        stop()
    }

    /// Starts the thread. Call once, before the first `send`. Throws `.usage` when libcurl cannot be set up.
    package func start() throws(HTTPClientFailure) {
        let loop = try TransferLoopStart(configuration: configuration, queue: queue, clock: monotonicClock)
        let name = configuration.name
        thread.withLock { thread in
            precondition(thread == nil, "a client is started once")
            thread = WorkerThread.start(name: name) { loop.run() }
        }
    }

    /// Fails what is in flight with `client_stopped` (kind `.cancelled`), closes all connections and returns when
    /// the thread has ended: at once but for what runs just then. Later calls of `send` fail in the same way.
    package func stop() {
        queue.stop()
        let thread = thread.withLock { thread in
            let taken = thread
            thread = nil
            return taken
        }
        thread?.join()
    }

    package func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse {
        let prepared = try PreparedRequest(request, configuration: configuration)
        let cancellation = TransferCancellation()
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let submission = TransferSubmission(
                    request: prepared,
                    cancellation: cancellation,
                    continuation: continuation
                )
                if let refusal = queue.submit(submission) {
                    continuation.resume(returning: .failure(refusal))
                }
            }
        } onCancel: {
            queue.cancel(cancellation)
        }
        return try outcome.get()
    }
}
