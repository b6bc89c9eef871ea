import Cryptography
import Foundation
import TestSupport
import Testing

struct HMACTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let key: [UInt8]
        let data: [UInt8]
        let sha256: String
        let sha512: String
        var testDescription: String { name }
    }

    /// Inputs of RFC 4231 §4; the tags of cases 1 to 4, 6 and 7 are printed there.
    static let rfc4231 = [
        Vector(
            name: "4.2 short key",
            key: Array(repeating: 0x0B, count: 20),
            data: Array("Hi There".utf8),
            sha256: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            sha512: "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        ),
        Vector(
            name: "4.3 key shorter than the tag",
            key: Array("Jefe".utf8),
            data: Array("what do ya want for nothing?".utf8),
            sha256: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            sha512: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
        Vector(
            name: "4.4 data longer than a block",
            key: Array(repeating: 0xAA, count: 20),
            data: Array(repeating: 0xDD, count: 50),
            sha256: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            sha512: "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
                + "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"
        ),
        Vector(
            name: "4.7 key longer than a block",
            key: Array(repeating: 0xAA, count: 131),
            data: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            sha256: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            sha512: "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
        ),
    ]

    @Test(arguments: rfc4231)
    func `the tags of RFC 4231 come out`(vector: Vector) {
        let short = HMACContext(key: HMACKey(vector.key, algorithm: .sha256))
        let long = HMACContext(key: HMACKey(vector.key, algorithm: .sha512))
        #expect(Hex.encode(short.tag(of: vector.data)) == vector.sha256)
        #expect(Hex.encode(long.tag(of: vector.data)) == vector.sha512)
    }

    @Test(arguments: rfc4231)
    func `a context used again forgets the message before`(vector: Vector) {
        let context = HMACContext(key: HMACKey(vector.key))
        context.start()
        context.update(Array("left unfinished".utf8))
        for _ in 0..<3 {
            #expect(Hex.encode(context.tag(of: vector.data)) == vector.sha256)
        }
    }

    @Test(arguments: rfc4231)
    func `parts make the same tag as the whole, wherever it is cut`(vector: Vector) {
        let context = HMACContext(key: HMACKey(vector.key))
        for cut in 0...vector.data.count {
            context.start()
            context.update(Array(vector.data[..<cut]))
            context.update([])
            context.update(Array(vector.data[cut...]))
            #expect(Hex.encode(context.finish()) == vector.sha256)
        }
    }

    @Test func `a truncated or lengthened tag is refused`() {
        let context = HMACContext(key: HMACKey(Array("a key of some length".utf8)))
        let message = Array("message".utf8)
        let tag = context.tag(of: message)
        #expect(context.authenticates(message, tag: tag))
        for count in 0..<tag.count {
            #expect(!context.authenticates(message, tag: Array(tag.prefix(count))))
        }
        #expect(!context.authenticates(message, tag: tag + [0]))
    }

    @Test func `an empty key is a key of its own`() {
        let empty = HMACContext(key: HMACKey([]))
        // `openssl dgst -sha256 -mac HMAC -macopt hexkey:` over nothing.
        #expect(
            Hex.encode(empty.tag(of: []))
                == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        )
    }

    @Test(
        .enabled(if: ReferenceFile.directory != nil, "no reference folder beside the package"),
        arguments: [("rfc4231.json")]
    )
    func `every RFC 4231 case of the reference agrees`(file: String) throws {
        let cases = try ReferenceFile.json("vectors/" + file)["cases"] as? [[String: Any]] ?? []
        #expect(cases.count >= 6)
        for vector in cases {
            let key = try bytes(vector["key"])
            let data = try bytes(vector["data"])
            let short = Hex.encode(HMACContext(key: HMACKey(key)).tag(of: data))
            let long = Hex.encode(HMACContext(key: HMACKey(key, algorithm: .sha512)).tag(of: data))
            // Case 5 prints truncated tags.
            let shortTag = try #require(vector["sha256"] as? String)
            #expect(short.hasPrefix(shortTag))
            let longTag = try #require(vector["sha512"] as? String)
            #expect(long.hasPrefix(longTag))
        }
    }

    @Test(
        .enabled(if: ReferenceFile.directory != nil, "no reference folder beside the package"),
        arguments: [("hmac_sha256_test.json", HashAlgorithm.sha256), ("hmac_sha512_test.json", .sha512)]
    )
    func `Wycheproof's verdicts are ours, and truncated tags are refused`(
        file: String,
        algorithm: HashAlgorithm
    ) throws {
        let groups = try ReferenceFile.json("vectors/" + file)["testGroups"] as? [[String: Any]] ?? []
        var whole = 0
        var truncated = 0
        for group in groups {
            let tagBits = try #require(group["tagSize"] as? Int)
            for vector in group["tests"] as? [[String: Any]] ?? [] {
                let key = try bytes(vector["key"])
                let message = try bytes(vector["msg"])
                let tag = try bytes(vector["tag"])
                let isValid = vector["result"] as? String == "valid"
                let context = HMACContext(key: HMACKey(key, algorithm: algorithm))
                let verdict = context.authenticates(message, tag: tag)
                if tagBits == algorithm.digestBytes * 8 {
                    #expect(verdict == isValid, "tcId \(vector["tcId"] ?? "?")")
                    whole += 1
                } else {
                    #expect(!verdict, "tcId \(vector["tcId"] ?? "?") is truncated")
                    let prefix = Array(context.tag(of: message).prefix(tag.count))
                    #expect((prefix == tag) == isValid, "tcId \(vector["tcId"] ?? "?")")
                    truncated += 1
                }
            }
        }
        #expect(whole > 80 && truncated > 80)
    }

    private func bytes(_ member: Any?) throws -> [UInt8] {
        let text = try #require(member as? String)
        return try #require(Hex.decode(text))
    }
}
