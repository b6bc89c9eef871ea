import Testing

@testable import tollgate_bench

@Suite struct ResponseReaderTests {
    private func read(_ text: String) -> ResponseReader.Reading {
        Array(text.utf8).withUnsafeBytes { ResponseReader.read($0) }
    }

    private let answer = "HTTP/1.1 200 OK\r\nDate: x\r\ncontent-length: 17\r\n\r\n{\"duplicate\":true"

    @Test func `an answer is complete with its last byte and not before`() {
        for count in 0..<answer.utf8.count {
            #expect(read(String(decoding: answer.utf8.prefix(count), as: UTF8.self)) == .incomplete)
        }
        let whole = ResponseReader.Answer(
            status: 200,
            isDuplicate: true,
            closes: false,
            byteCount: answer.utf8.count
        )
        #expect(read(answer) == .answer(whole))
        #expect(read(answer + "HTTP/1.1") == .answer(whole))
    }

    @Test func `status, closing and a new event are told`() {
        let text = "HTTP/1.1 503 Busy\r\nConnection: Close\r\nContent-Length: 19\r\n\r\n{\"duplicate\":false}"
        let expected = ResponseReader.Answer(
            status: 503,
            isDuplicate: false,
            closes: true,
            byteCount: text.utf8.count
        )
        #expect(read(text) == .answer(expected))
        #expect(read("SSH-2.0-OpenSSH_9.2p1 Debian") == .malformed)
    }
}
