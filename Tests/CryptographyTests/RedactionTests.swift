import Cryptography
import Testing

struct RedactionTests {
    struct Holder {
        let secret: RedactedText
        let key: HMACKey
        let several: [RedactedText?]
    }

    @Test func `no description of a secret shows it`() {
        let canary = "whsec_canary"
        let secret = RedactedText(canary)
        let holder = Holder(
            secret: secret,
            key: HMACKey(Array(canary.utf8)),
            several: [secret, nil]
        )
        var dumped = ""
        dump(holder, to: &dumped)
        let texts = [
            "\(secret)", String(describing: holder), String(reflecting: holder), "\(holder.several)", dumped,
        ]
        for text in texts {
            #expect(!text.contains("canary"), "\(text.count) characters")
            #expect(text.contains("<redacted>"))
        }
        // A key's bytes must not appear as a list of numbers either.
        #expect(!dumped.contains("119"))
        #expect(secret.revealed() == canary)
    }
}
