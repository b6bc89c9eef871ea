import Cryptography
import Timing

/// `Stripe-Signature: t=…,v1=…` over `t.body` (`reference/signatures.md`, profile `stripe`).
enum WebhookSignature {
    static func header(_ body: [UInt8], key: HMACKey, now: Timestamp) -> String {
        let context = HMACContext(key: key)
        let tag = context.tag(of: Array("\(now.seconds).".utf8) + body)
        return "t=\(now.seconds),v1=\(Hex.encode(tag))"
    }
}
