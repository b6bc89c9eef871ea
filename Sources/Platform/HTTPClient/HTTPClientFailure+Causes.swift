import CCurl

/// The failures that this room can tell, in one place with their words.
extension HTTPClientFailure {
    // libcurl's own buffer is shorter; this is for what may come.
    private static let textBytesMax = 300

    /// `text`: libcurl's words on this very case, for which its general words stand in.
    static func curl(_ code: CurlCode, text: String = "", mayHaveBeenSent: Bool = false) -> HTTPClientFailure
    {
        HTTPClientFailure(
            kind: code.kind(mayHaveBeenSent: mayHaveBeenSent),
            curlCode: code.number,
            name: code.name,
            text: oneLine(text.isEmpty ? code.text : text),
            mayHaveBeenSent: mayHaveBeenSent
        )
    }

    /// libcurl's set of transfers refused to work.
    static func multi(_ code: CURLMcode, mayHaveBeenSent: Bool = false) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: mayHaveBeenSent ? .ambiguous : .notSent,
            name: "CURLM_\(code.rawValue)",
            text: String(cString: curl_multi_strerror(code)),
            mayHaveBeenSent: mayHaveBeenSent
        )
    }

    static func addressRefused(_ text: String, mayHaveBeenSent: Bool) -> HTTPClientFailure {
        HTTPClientFailure(kind: .trust, name: "address_refused", text: text, mayHaveBeenSent: mayHaveBeenSent)
    }

    static var truncatedHead: HTTPClientFailure {
        HTTPClientFailure(
            kind: .ambiguous,
            name: "response_head_truncated",
            text: "the connection ended amid the answer's head",
            mayHaveBeenSent: true
        )
    }

    static func responseBodyTooLarge(bytesMax: Int) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: .tooLarge,
            name: "response_body_too_large",
            text: "the answer's body is longer than \(bytesMax) bytes",
            mayHaveBeenSent: true
        )
    }

    static func responseHeadTooLarge(bytesMax: Int) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: .tooLarge,
            name: "response_head_too_large",
            text: "the answer's head is longer than \(bytesMax) bytes",
            mayHaveBeenSent: true
        )
    }

    static func badRequest(_ text: String) -> HTTPClientFailure {
        HTTPClientFailure(kind: .usage, name: "bad_request", text: text, mayHaveBeenSent: false)
    }

    static func taskCancelled(mayHaveBeenSent: Bool) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: .cancelled,
            name: "task_cancelled",
            text: "nobody waits for the answer any more",
            mayHaveBeenSent: mayHaveBeenSent
        )
    }

    static func clientStopped(mayHaveBeenSent: Bool) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: .cancelled,
            name: "client_stopped",
            text: "the HTTP client was stopped",
            mayHaveBeenSent: mayHaveBeenSent
        )
    }

    static var clientNotStarted: HTTPClientFailure {
        HTTPClientFailure(
            kind: .usage,
            name: "client_not_started",
            text: "the HTTP client was not started",
            mayHaveBeenSent: false
        )
    }

    static func clientFull(transfersMax: Int) -> HTTPClientFailure {
        HTTPClientFailure(
            kind: .notSent,
            name: "client_full",
            text: "\(transfersMax) requests are in flight already",
            mayHaveBeenSent: false
        )
    }

    /// Some of libcurl's texts quote the other end: printable ASCII only, and not without limit.
    private static func oneLine(_ text: String) -> String {
        let bytes = text.utf8.prefix(textBytesMax).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
