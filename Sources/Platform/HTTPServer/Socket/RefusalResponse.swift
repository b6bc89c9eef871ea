extension HTTPRefusal {
    /// RFC 9457 problem, without anything that the peer sent.
    var response: HTTPResponse {
        let title = ResponseEncoder.reason(status)
        let body = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"code":"\#(code)"}"#
        var headers = [(name: "Content-Type", value: "application/problem+json")]
        if status == 503 { headers.append((name: "Retry-After", value: "1")) }
        return HTTPResponse(status: status, headers: headers, body: Array(body.utf8), closes: true)
    }
}
