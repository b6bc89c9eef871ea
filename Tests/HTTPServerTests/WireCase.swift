import Testing

/// One raw byte stream and the statuses that must come back, in order. The connection closes after the last, at
/// the latest because the client has closed its sending side.
struct WireCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let statuses: [Int]

    var testDescription: String { name }

    init(_ name: String, _ text: String, _ statuses: Int...) {
        self.name = name
        bytes = Array(text.utf8)
        self.statuses = statuses
    }

    init(_ name: String, _ bytes: [UInt8], _ statuses: Int...) {
        self.name = name
        self.bytes = bytes
        self.statuses = statuses
    }

    private static func get(_ fields: String) -> String {
        "GET /hello HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
    }

    private static func post(_ fields: String, _ body: String) -> String {
        "POST /echo HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
    }

    private static let chunked = "Transfer-Encoding: chunked\r\n"

    static let wellFormed: [WireCase] = [
        WireCase("GET", get(""), 200),
        WireCase("GET twice, pipelined", get("") + get(""), 200, 200),
        WireCase("empty line before the request", "\r\n" + get(""), 200),
        WireCase("empty line between requests", get("") + "\r\n" + get(""), 200, 200),
        WireCase("query", "GET /hello?a=b&c=%41 HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        WireCase("square brackets in the query", "GET /hello?expand[]=x HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        WireCase("absolute target", "GET http://example.org/hello HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        WireCase("absolute target without path", "GET http://example.org HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        WireCase("asterisk target", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        WireCase("HTTP/1.0 without Host", "GET /hello HTTP/1.0\r\n\r\n", 200),
        WireCase("HTTP/1.0 closes", "GET /hello HTTP/1.0\r\n\r\n" + get(""), 200),
        WireCase(
            "HTTP/1.0 keep-alive",
            "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get(""),
            200,
            200
        ),
        WireCase("Connection: close ends the connection", get("Connection: close\r\n") + get(""), 200),
        WireCase("close in a list", get("Connection: foo , CLOSE\r\n") + get(""), 200),
        WireCase("unknown method reaches the handler", "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        WireCase("lower-case method is another method", "get /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        WireCase("no white space after the colon", get("X:y\r\n"), 200),
        WireCase("white space around the value", get("X: \t y \t\r\n"), 200),
        WireCase("empty value", get("X:\r\n"), 200),
        WireCase(
            "obs-text in a value",
            Array("GET /hello HTTP/1.1\r\nHost: a\r\nX: \u{E9}\r\n\r\n".utf8),
            200
        ),
        WireCase("Host with port", "GET /hello HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        WireCase(
            "field names in any case",
            "POST /echo HTTP/1.1\r\nhOST: a\r\ncONTENT-lENGTH: 2\r\n\r\nhi",
            200
        ),
        WireCase("POST", post("Content-Length: 5\r\n", "hello"), 200),
        WireCase("POST without a body", post("", ""), 200),
        WireCase("POST of length 0", post("Content-Length: 0\r\n", ""), 200),
        WireCase(
            "POST twice",
            post("Content-Length: 2\r\n", "ab") + post("Content-Length: 3\r\n", "cde"),
            200,
            200
        ),
        WireCase("chunked", post(chunked, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200),
        WireCase("chunked, then another", post(chunked, "1\r\na\r\n0\r\n\r\n") + get(""), 200, 200),
        WireCase("chunked, empty", post(chunked, "0\r\n\r\n"), 200),
        WireCase("chunk size in hexadecimal", post(chunked, "00A\r\n0123456789\r\n0\r\n\r\n"), 200),
        WireCase("chunk extension", post(chunked, "3;a=\"b\"\r\nabc\r\n0;x\r\n\r\n"), 200),
        WireCase("trailers", post(chunked, "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n") + get(""), 200, 200),
        WireCase("CHUNKED", post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"), 200),
        WireCase(
            "GET with a body",
            "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx" + get(""),
            200,
            200
        ),
        WireCase(
            "expectation in HTTP/1.0 is ignored",
            "POST /echo HTTP/1.0\r\nExpect: x\r\nContent-Length: 1\r\n\r\na",
            200
        ),
        WireCase("100 fields", get(String(repeating: "X: y\r\n", count: 99)), 200),
        WireCase(
            "body of exactly the limit",
            post("Content-Length: 1000\r\n", String(repeating: "b", count: 1000)),
            200
        ),
        WireCase("nothing", "", []),
        WireCase("half a head", "GET /hello HTTP/1.1\r\nHos", []),
        WireCase("half a body", post("Content-Length: 10\r\n", "hello"), []),
        WireCase("request, then half of another", get("") + "GET /hel", 200),
    ]

    static let malformed: [WireCase] = [
        WireCase(
            "Content-Length and Transfer-Encoding",
            post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"),
            400
        ),
        WireCase(
            "Transfer-Encoding and Content-Length",
            post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"),
            400
        ),
        WireCase("differing Content-Length", post("Content-Length: 1\r\nContent-Length: 2\r\n", "aa"), 400),
        WireCase("repeated Content-Length", post("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400),
        WireCase("Content-Length as a list", post("Content-Length: 1, 1\r\n", "a"), 400),
        WireCase("Content-Length with a sign", post("Content-Length: +1\r\n", "a"), 400),
        WireCase("negative Content-Length", post("Content-Length: -1\r\n", "a"), 400),
        WireCase("hexadecimal Content-Length", post("Content-Length: 0x1\r\n", "a"), 400),
        WireCase("empty Content-Length", post("Content-Length:\r\n", "a"), 400),
        WireCase("Content-Length beyond 64 bits", post("Content-Length: 18446744073709551617\r\n", "a"), 400),
        WireCase("unknown transfer coding", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
        WireCase("identity", post("Transfer-Encoding: identity\r\n", ""), 501),
        WireCase("xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501),
        WireCase("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400),
        WireCase("two Transfer-Encoding fields", post(chunked + chunked, "0\r\n\r\n"), 400),
        WireCase("empty Transfer-Encoding", post("Transfer-Encoding: \r\n", ""), 400),
        WireCase(
            "vertical tab before chunked",
            post("Transfer-Encoding: \u{0B}chunked\r\n", "0\r\n\r\n"),
            400
        ),
        WireCase("HTTP/1.0 with chunked", "POST /echo HTTP/1.0\r\n\(chunked)\r\n0\r\n\r\n", 400),
        WireCase("bare line feeds", "GET /hello HTTP/1.1\nHost: a\n\n", 400),
        WireCase("bare line feed after a field", "GET /hello HTTP/1.1\r\nHost: a\n\r\n", 400),
        WireCase("bare line feed as the empty line", "GET /hello HTTP/1.1\r\nHost: a\r\n\n", 400),
        WireCase("bare line feed first", "\n" + get(""), 400),
        WireCase("bare carriage return in a value", get("X: a\rb\r\n"), 400),
        WireCase("bare carriage return in a name", get("X\rY: a\r\n"), 400),
        WireCase("carriage return twice", "GET /hello HTTP/1.1\r\r\nHost: a\r\n\r\n", 400),
        WireCase("folded line", get("X: a\r\n b\r\n"), 400),
        WireCase("folded line, tab", get("X: a\r\n\tb\r\n"), 400),
        WireCase("white space before the first field", "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n", 400),
        WireCase("space before the colon", get("X : a\r\n"), 400),
        WireCase("space before the colon of Content-Length", post("Content-Length : 1\r\n", "a"), 400),
        WireCase("no colon", get("X\r\n"), 400),
        WireCase("empty name", get(": a\r\n"), 400),
        WireCase("space in a name", get("X Y: a\r\n"), 400),
        WireCase("non-ASCII in a name", get("\u{E9}: a\r\n"), 400),
        WireCase("NUL in a value", get("X: a\0b\r\n"), 400),
        WireCase("NUL in a name", get("X\0: a\r\n"), 400),
        WireCase("DEL in a value", get("X: a\u{7F}b\r\n"), 400),
        WireCase("escape in a value", get("X: a-longer-value\u{1B}[2J\r\n"), 400),
        WireCase("no Host", "GET /hello HTTP/1.1\r\n\r\n", 400),
        WireCase("two Hosts", get("Host: a\r\n"), 400),
        WireCase("empty Host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 400),
        WireCase("bad Host", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        WireCase("two Hosts on HTTP/1.0", "GET /hello HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        WireCase("HTTP/0.9", "GET /hello\r\n", 400),
        WireCase("two spaces before the target", "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("two spaces after the target", "GET /hello  HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("tab for space", "GET\t/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("space after the version", "GET /hello HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        WireCase("space first", " GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("two empty lines first", "\r\n\r\n" + get(""), 400),
        WireCase("bad method", "G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        WireCase(
            "long method",
            "\(String(repeating: "M", count: 33)) /hello HTTP/1.1\r\nHost: a\r\n\r\n",
            501
        ),
        WireCase("relative target", "GET hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("fragment", "GET /hello#x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("control byte in the target", "GET /he\u{01}llo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("non-ASCII target", "GET /h\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("broken percent", "GET /hello%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("encoded NUL", "GET /hello%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("user information in the target", "GET http://a@b/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("other scheme", "GET ftp://b/hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("no authority", "GET http:///hello HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        WireCase("HTTP/1.2", "GET /hello HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        WireCase("lower-case version", "GET /hello http/1.1\r\nHost: a\r\n\r\n", 400),
        WireCase("three-digit version", "GET /hello HTTP/1.10\r\nHost: a\r\n\r\n", 400),
        WireCase("TLS hello", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00], 400),
        WireCase(
            "target too long",
            "GET /\(String(repeating: "t", count: 8192)) HTTP/1.1\r\nHost: a\r\n\r\n",
            414
        ),
        WireCase("endless request line", String(repeating: "G", count: 9000), 414),
        WireCase("101 fields", get(String(repeating: "X: y\r\n", count: 100)), 431),
        WireCase("head too large", get("X: \(String(repeating: "v", count: 16_384))\r\n"), 431),
        WireCase(
            "endless field",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "v", count: 17_000))",
            431
        ),
        WireCase("body over the limit", post("Content-Length: 1001\r\n", "a"), 413),
        WireCase("unknown expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "a"), 417),
        WireCase("chunk size without digits", post(chunked, "\r\nabc"), 400),
        WireCase("chunk size 0x", post(chunked, "0x3\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("signed chunk size", post(chunked, "+3\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("space after the chunk size", post(chunked, "3 \r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("space before the chunk size", post(chunked, " 3\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("chunk size beyond 64 bits", post(chunked, "10000000000000003\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("chunk longer than said", post(chunked, "2\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase("chunk data ends in a line feed", post(chunked, "3\r\nabc\n0\r\n\r\n"), 400),
        WireCase("chunk line ends in a line feed", post(chunked, "3\nabc\r\n0\r\n\r\n"), 400),
        WireCase("control byte in an extension", post(chunked, "3;a\u{01}\r\nabc\r\n0\r\n\r\n"), 400),
        WireCase(
            "chunk line too long",
            post(chunked, "3;\(String(repeating: "e", count: 300))\r\nabc\r\n"),
            400
        ),
        WireCase(
            "too many extensions",
            post(chunked, String(repeating: "1;\(String(repeating: "e", count: 200))\r\na\r\n", count: 30)),
            400
        ),
        WireCase(
            "chunks over the limit",
            post(chunked, "3e8\r\n\(String(repeating: "c", count: 1000))\r\n1\r\na"),
            413
        ),
        WireCase("one chunk over the limit", post(chunked, "fffffff\r\na"), 413),
        WireCase("folded trailer", post(chunked, "0\r\n X: y\r\n\r\n"), 400),
        WireCase("malformed trailer", post(chunked, "0\r\nX y\r\n\r\n"), 400),
        WireCase(
            "101 trailers",
            post(chunked, "0\r\n" + String(repeating: "X: y\r\n", count: 101) + "\r\n"),
            431
        ),
        WireCase(
            "trailers too large",
            post(chunked, "0\r\nX: \(String(repeating: "t", count: 17_000))"),
            431
        ),
        WireCase("good, then bad", get("") + "GET /hello HTTP/3.0\r\n\r\n" + get(""), 200, 505),
        WireCase(
            "smuggled behind a bad length",
            post("Content-Length: 4\r\nContent-Length: 40\r\n", "") + get(""),
            400
        ),
    ]

    init(_ name: String, _ text: String, _ statuses: [Int]) {
        self.name = name
        bytes = Array(text.utf8)
        self.statuses = statuses
    }
}
