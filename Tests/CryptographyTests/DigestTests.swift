import Cryptography
import Testing

struct DigestTests {
    /// FIPS 180-2 appendices B and C: "abc", the 448-bit and 896-bit messages, a million times "a".
    @Test func `the samples of NIST come out`() {
        #expect(
            SHA256.hex(of: Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        #expect(
            SHA256.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
        #expect(
            SHA256.hex(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        )
        #expect(
            SHA256.hex(of: Array(repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
        #expect(
            Hex.encode(SHA512.digest(of: Array("abc".utf8)))
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
    }

    @Test func `comparison sees every single byte`() {
        let left = Array(repeating: UInt8(7), count: 64)
        #expect(ConstantTime.areEqual(left, left))
        #expect(ConstantTime.areEqual([], []))
        #expect(!ConstantTime.areEqual(left, Array(left.dropLast())))
        for index in left.indices {
            var right = left
            right[index] ^= 0x80
            #expect(!ConstantTime.areEqual(left, right))
        }
    }

    @Test func `secret bytes have the asked length and do not repeat`() {
        #expect(SecretRandom.bytes(count: 0).isEmpty)
        let drawn = (0..<100).map { _ in SecretRandom.bytes(count: 32) }
        #expect(drawn.allSatisfy { $0.count == 32 })
        #expect(Set(drawn).count == 100)
    }
}
