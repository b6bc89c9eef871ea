import Cryptography
import Testing

struct TextCodecTests {
    /// RFC 4648 §10.
    static let base64 = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: base64)
    func `base64 goes both ways`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base64.decode(bare, padding: .optional) == Array(plain.utf8))
        #expect((Base64.decode(bare) != nil) == (bare == encoded))
    }

    @Test(arguments: [
        "Zg=", "Zg===", "Z", "Zg==Zg==", "Z===", "====", "Zm9v=", "Zm9v ", " Zm9v", "Zm-_", "Zm\n9v", "Zh==",
        "Zm9=",
    ])
    func `loose base64 is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
        #expect(Base64.decode(text, padding: .optional) == nil)
    }

    @Test func `every byte survives both codecs`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
        let all = Array(UInt8.min...UInt8.max)
        #expect(Base64.decode(Base64.encode(all)) == all)
        #expect(Hex.decode(Hex.encode(all).uppercased()) == all)
    }

    @Test(arguments: ["0", "0g", "0x", " 00", "é0"])
    func `loose hex is refused`(text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
