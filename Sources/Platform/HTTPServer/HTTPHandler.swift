/// What answers requests. One handler serves one listener; its methods run on that listener's event-loop
/// threads and must not block for longer than a database read of microseconds.
package protocol HTTPHandler: Sendable {
    /// Called once the head is read and valid, before any of the body is taken.
    ///
    /// `.accept` names how many body bytes may follow; `.refuse` answers at once and closes.
    func admit(_ head: borrowing HTTPRequestHead) -> HTTPAdmission

    /// Called once the whole body is there. Answer now, or keep `responder` and answer later from any thread.
    ///
    /// `body` points into the connection's buffer and is valid only during the call.
    func handle(
        _ head: borrowing HTTPRequestHead,
        body: UnsafeRawBufferPointer,
        responder: HTTPResponder
    )
}

package enum HTTPAdmission: Sendable {
    case accept(bodyBytesMax: Int)
    case refuse(HTTPResponse)
}
