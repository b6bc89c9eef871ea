/// What carries a request to a provider and its answer back: libcurl in `HTTPClient`, a model in simulations.
package protocol HTTPTransport: Sendable {
    /// Sends once and returns the final answer, whatever its status; a redirect is an answer like any other.
    ///
    /// Cancelling the task ends the transfer with `.cancelled`. Throws when there is no complete answer;
    /// `failure.kind` says what may have happened at the other end.
    func send(_ request: HTTPClientRequest) async throws(HTTPClientFailure) -> HTTPClientResponse
}
