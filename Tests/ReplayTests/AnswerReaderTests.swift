import Testing

@testable import tollgate

struct AnswerReaderTests {
    /// Reads `text` as it would come from a socket in pieces of `size` bytes.
    private func read(_ text: String, size: Int) -> (answer: WebhookAnswer?, failure: String?) {
        var rest = Array(text.utf8)[...]
        var reader = AnswerReader { buffer in
            let piece = rest.prefix(min(size, buffer.count))
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
        let answer = reader.read()
        return (answer, reader.failure)
    }

    static let answers: [(text: String, status: Int, body: String, closes: Bool)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi", false),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", 204, "", false),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\ncontent-length:1\r\nConnection: Close\r\n\r\nx",
            401, "x", true
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
            200,
            "abc0123456789", false
        ),
        ("HTTP/1.0 503 Later\r\n\r\nuntil the end", 503, "until the end", true),
    ]

    @Test(arguments: answers)
    func `an answer is read whatever the pieces`(text: String, status: Int, body: String, closes: Bool) {
        for size in 1...text.utf8.count {
            #expect(
                read(text, size: size).answer
                    == WebhookAnswer(status: status, body: Array(body.utf8), closes: closes)
            )
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ])
    func `half an answer is none`(text: String) {
        #expect(read(text, size: 7).answer == nil)
    }
}
