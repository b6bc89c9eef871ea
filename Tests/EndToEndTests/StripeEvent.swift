import Cryptography
import Foundation

/// Bodies in the provider's shape, and their signatures, made here and not by the code under test.
enum StripeEvent {
    /// Every customer's `created`, and a time at which events happened.
    static let base = 1_780_000_000

    /// `customer.created` for revision 0, else the `customer.updated` that leads to `revision`, linked to the
    /// one before. Three changes share a second.
    static func customer(
        _ customer: String,
        revision: Int,
        event: String? = nil,
        email: String? = nil,
        name: String = "Erika",
        isLive: Bool = false,
        more: String = ""
    ) -> String {
        let second = base + revision / 3
        let previous =
            revision == 0 ? "" : #","previous_attributes":{"metadata":{"revision":"\#(revision - 1)"}}"#
        return """
            {"id":"\(event ?? "evt_\(customer)_\(revision)")","object":"event","api_version":"2026-06-24.dahlia",\
            "created":\(second),"data":{"object":{"id":"\(customer)","object":"customer","balance":0,\
            "created":\(base),"currency":"usd","delinquent":false,"email":"\(email ?? "\(customer)@example.com")",\
            "livemode":\(isLive),"metadata":{"revision":"\(revision)"},"name":"\(name)"}\(previous)},\
            "livemode":\(isLive),"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},\(more)\
            "type":"customer.\(revision == 0 ? "created" : "updated")"}
            """
    }

    /// The value of `Stripe-Signature`. `age` is how many seconds ago it was made.
    static func signature(_ body: String, secret: String = secret, age: Int = 0) -> String {
        let time = Int(Date().timeIntervalSince1970) - age
        let tag = HMACContext(key: HMACKey(Array(secret.utf8))).tag(of: Array("\(time).\(body)".utf8))
        return "t=\(time),v1=" + tag.map { String(format: "%02x", $0) }.joined()
    }

    static let secret = "whsec_canary7Qw2Er4Ty6Ui8Op0As"
}

extension RawConnection {
    /// Posts a body as the provider does.
    func post(
        _ body: String,
        to endpoint: String = "stripe",
        secret: String = StripeEvent.secret,
        age: Int = 0
    ) throws -> Answer {
        let signature = StripeEvent.signature(body, secret: secret, age: age)
        return try request("POST /webhooks/\(endpoint)", ["Stripe-Signature: \(signature)"], body: body)
    }
}
