import JSON
import Testing

/// What RFC 8259 says must be accepted and must be refused, in cases of our own, and how the choices that it
/// leaves open fall here: depth 64, lone surrogates and duplicate keys refused, numbers of any size kept as text.
@Suite struct JSONConformanceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// nil: must be accepted.
        var reason: JSONError.Reason?
        var offset = 0
        var testDescription: String { name }

        init(_ name: String, _ text: String) {
            self.name = name
            bytes = Array(text.utf8)
        }

        init(_ name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }

        init(_ name: String, _ text: String, _ reason: JSONError.Reason, at offset: Int) {
            self.init(name, bytes: Array(text.utf8), reason, at: offset)
        }

        init(_ name: String, bytes: [UInt8], _ reason: JSONError.Reason, at offset: Int) {
            self.name = name
            self.bytes = bytes
            self.reason = reason
            self.offset = offset
        }
    }

    @Test(arguments: JSONConformanceCases.accepted)
    func `a valid document is accepted`(_ example: Case) throws {
        _ = try JSONDocument.parse(example.bytes)
        let copied = try example.bytes.withUnsafeBytes { try JSONDocument.parse($0) }
        #expect(copied.bytes == example.bytes)
    }

    @Test(arguments: JSONConformanceCases.refused)
    func `an invalid document is refused at the byte that cannot stand`(_ example: Case) {
        do {
            _ = try JSONDocument.parse(example.bytes)
            Issue.record("accepted: \(example.name)")
        } catch {
            #expect(error.reason == example.reason)
            #expect(error.offset == example.offset)
        }
    }

    @Test func `the table holds at least 150 cases with names of their own`() {
        let cases = JSONConformanceCases.accepted + JSONConformanceCases.refused
        #expect(cases.count >= 150)
        #expect(Set(cases.map(\.name)).count == cases.count)
    }

    @Test func `every accepted document is refused when cut short, unless it is a bare number`() {
        for example in JSONConformanceCases.accepted where example.bytes.count < 300 {
            let trimmed = example.bytes.reversed().drop { [0x20, 0x0A, 0x0D, 0x09].contains($0) }.reversed()
            guard let first = trimmed.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) else {
                continue
            }
            if first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
                continue
            }
            for length in 0..<trimmed.count {
                #expect(throws: JSONError.self) { try JSONDocument.parse(Array(trimmed.prefix(length))) }
            }
        }
    }

    @Test func `every position of an ASCII text catches a control byte and a broken character`() {
        // The scan goes eight bytes at a time: each lane has to stop by itself.
        for length in 0..<40 {
            for place in 0...length {
                for (byte, reason) in [
                    (UInt8(0x1F), JSONError.Reason.controlCharacter), (0x00, .controlCharacter),
                    (0x80, .invalidUTF8), (0xFF, .invalidUTF8), (0xC0, .invalidUTF8),
                ] {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    bytes.insert(byte, at: place)
                    bytes = [0x22] + bytes + [0x22, 0x20]
                    let error = #expect(throws: JSONError.self) { try JSONDocument.parse(bytes) }
                    #expect(error == JSONError(reason: reason, offset: place + 1))
                }
            }
        }
    }

    @Test func `each two bytes after a quote are accepted exactly when Swift holds them for UTF-8`() {
        for first in UInt8(0x20)...0xFF where first != 0x22 && first != 0x5C {
            for second in UInt8(0x20)...0xFF where second != 0x22 && second != 0x5C {
                for third: [UInt8] in [[], [0x80], [0xBF, 0x80]] {
                    let inner = [first, second] + third
                    let isValid = String(validating: inner, as: UTF8.self) != nil
                    // Nil is the refusal that is compared.
                    let outcome = try? JSONDocument.parse([0x22] + inner + [0x22])
                    if (outcome != nil) != isValid { Issue.record("\(inner) should be valid: \(isValid)") }
                }
            }
        }
    }

    @Test func `limits refuse by their own reason`() throws {
        let small = JSONLimits(bytesMax: 10, depthMax: 2, tokensMax: 3)
        func reason(_ text: String) -> JSONError.Reason? {
            do {
                _ = try JSONDocument.parse(Array(text.utf8), limits: small)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(reason("[1,23456 ]") == nil)
        #expect(reason("[1,234567 ]") == .tooManyBytes)
        #expect(reason("[[1]]") == nil)
        #expect(reason("[[[1]]]") == .tooDeep)
        let dense = Array("[\(Array(repeating: "1", count: 600).joined(separator: ","))]".utf8)
        #expect(throws: JSONError.self) {
            try JSONDocument.parse(dense, limits: JSONLimits(tokensMax: 600))
        }
        _ = try JSONDocument.parse(dense, limits: JSONLimits(tokensMax: 601))
    }

    @Test func `an error names reason and offset and never the content`() {
        let error = #expect(throws: JSONError.self) {
            try JSONDocument.parse(Array(#"{"secret":"canary@example.com","secret":1}"#.utf8))
        }
        #expect(error.map { "\($0)" } == "duplicate_key at byte 31")
    }
}
