import Cryptography
import JSON
import Packing
import Testing

@testable import tollgate_bench

@Suite struct SignedRequestWriterTests {
    private static let secret = "whsec_test"

    private static let template = """
        {"id":"evt_EEEEEEEEEEEEEEEEEEEEEEEE","created":1111111111,"data":{"object":{\
        "id":"sub_SSSSSSSSSSSSSSSSSSSSSSSS","customer":"cus_CCCCCCCCCCCCCC","item":"si_TTTTTTTTTTTTTT",\
        "metadata":{"revision":"NNNNNNNNNN"}},"previous_attributes":{"metadata":{"revision":"PPPPPPPPPP"}}}}
        """

    private func writer(bytesMin: Int = 0) throws -> SignedRequestWriter {
        let template = try #require(EventTemplate(Array(Self.template.utf8), bytesMin: bytesMin))
        return SignedRequestWriter(
            library: TemplateLibrary(templates: [.subscriptionUpdated: template]),
            scheme: .ordered,
            account: 1,
            key: HMACKey(Array(Self.secret.utf8)),
            host: "127.0.0.1:8480",
            path: "/webhooks/stripe"
        )
    }

    private func parts(_ request: UnsafeRawBufferPointer) -> (head: [String], body: [UInt8]) {
        let bytes = Array(request)
        var end = 0
        while !bytes[end...].starts(with: Array("\r\n\r\n".utf8)) { end += 1 }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        return (head.split(separator: "\r\n").map { String($0) }, Array(bytes[(end + 4)...]))
    }

    private let plan = EventPlan(
        kind: .subscriptionUpdated,
        sequence: 63,
        object: 61,
        revision: 7,
        second: 1_784_106_305
    )

    @Test func `every hole is filled`() throws {
        let writer = try writer()
        let (_, body) = parts(writer.request(for: plan, signedAt: 1_784_106_306))
        let root = try JSONDocument.parse(body).root
        #expect(root["id"]?.string == writer.eventID(of: plan))
        #expect(root["created"]?.integer == 1_784_106_305)
        let object = try #require(root["data"]?["object"])
        #expect(object["id"]?.string == "sub_1Load00000000000000000z".paddedID(28))
        #expect(object["customer"]?.string == "cus_Load000000000z")
        #expect(object["metadata"]?["revision"]?.string == "0000000007")
        #expect(root["data"]?["previous_attributes"]?["metadata"]?["revision"]?.string == "0000000006")
        let text = String(decoding: body, as: UTF8.self)
        for mark in ["EEEE", "SSSS", "CCCC", "TTTT", "NNNN", "PPPP"] { #expect(!text.contains(mark)) }
    }

    @Test func `random text is the object's own, in all its events`() throws {
        let text = Self.template.replacing("si_TTTTTTTTTTTTTT", with: String(repeating: "R", count: 32))
        let template = try #require(EventTemplate(Array(text.utf8)))
        let writer = SignedRequestWriter(
            library: TemplateLibrary(templates: [.subscriptionUpdated: template]),
            scheme: .ordered,
            account: 1,
            key: HMACKey(Array(Self.secret.utf8)),
            host: "127.0.0.1:8480",
            path: "/webhooks/stripe"
        )
        func item(object: UInt64, sequence: UInt64) throws -> String? {
            let plan = EventPlan(
                kind: .subscriptionUpdated,
                sequence: sequence,
                object: object,
                revision: 7,
                second: 1_784_106_305
            )
            let (_, body) = parts(writer.request(for: plan, signedAt: 1_784_106_306))
            return try JSONDocument.parse(body).root["data"]?["object"]?["item"]?.string
        }
        let first = try item(object: 1, sequence: 1)
        #expect(first?.contains("R") == false)
        #expect(try item(object: 1, sequence: 2) == first)
        #expect(try item(object: 2, sequence: 3) != first)
    }

    /// Of 19 genuine events of 2.4 to 7 KB 27 % remain.
    @Test(arguments: EventKind.allCases)
    func `a body of the load packs no better than a genuine one of its size`(_ kind: EventKind) throws {
        let writer = SignedRequestWriter(
            library: try TemplateLibrary(directory: TemplateLibrary.defaultDirectory(), bytesMin: 0),
            scheme: .ordered,
            account: 1,
            key: HMACKey(Array(Self.secret.utf8)),
            host: "127.0.0.1:8480",
            path: "/webhooks/stripe"
        )
        let plan = EventPlan(kind: kind, sequence: 63_000, object: 6_100, revision: 7, second: 1_784_106_305)
        let (_, body) = parts(writer.request(for: plan, signedAt: 1_784_106_306))
        let packed = PackedBytes(packing: body)
        #expect(packed.storedCount * 100 >= 27 * body.count, "\(packed.storedCount) of \(body.count) bytes")
    }

    @Test func `the signature is the HMAC of time, full stop and body`() throws {
        let writer = try writer()
        for second in [1_784_106_306, 1_784_106_307] as [Int64] {
            let (head, body) = parts(writer.request(for: plan, signedAt: second))
            let tag = HMACContext(key: HMACKey(Array(Self.secret.utf8)))
                .tag(of: Array("\(second).".utf8) + body)
            #expect(head.contains("Stripe-Signature: t=\(second),v1=\(Hex.encode(tag))"))
            #expect(head.contains("Content-Length: \(body.count)"))
            #expect(head.first == "POST /webhooks/stripe HTTP/1.1")
        }
    }

    @Test func `the same plan gives the same body again, another plan another`() throws {
        let writer = try writer()
        let first = parts(writer.request(for: plan, signedAt: 1)).body
        var other = plan
        other.sequence += 1
        #expect(parts(writer.request(for: other, signedAt: 1)).body != first)
        #expect(parts(writer.request(for: plan, signedAt: 2)).body == first)
    }

    @Test(arguments: [500, 3072])
    func `a short body is padded to the size and stays JSON`(bytes: Int) throws {
        let writer = try writer(bytesMin: bytes)
        let (_, body) = parts(writer.request(for: plan, signedAt: 1))
        #expect(body.count == bytes)
        #expect(try JSONDocument.parse(body).root["load_padding"] != nil)
        #expect(writer.bodyBytes(of: .subscriptionUpdated) == bytes)
    }

    @Test func `a text without a hole for the id is no template`() {
        #expect(EventTemplate(Array(#"{"id":"evt_1"}"#.utf8)) == nil)
        #expect(EventTemplate(Array("EEEEEEEEEEEEEEEEEEEEEEEE".utf8)) == nil)
    }
}

extension String {
    /// Zeros before the last character until the text is that long.
    fileprivate func paddedID(_ count: Int) -> String {
        var text = self
        while text.count < count { text.insert("0", at: text.index(before: text.endIndex)) }
        return text
    }
}
