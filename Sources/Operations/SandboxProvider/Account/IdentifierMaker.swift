import Timing

/// Ids in the forms that Stripe gives them, so that code which looks at them meets nothing new.
struct IdentifierMaker: Sendable {
    static let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    let random: RandomSource
    /// Ten characters that all ids of one account share.
    private let account: String

    init(random: RandomSource) {
        self.random = random
        account = Self.text(random.next(), count: 9) + "t"
    }

    /// `count` base-62 digits of a number, the highest first.
    static func text(_ number: UInt64, count: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        append(number, count: count, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func append(_ number: UInt64, count: Int, to bytes: inout [UInt8]) {
        var rest = number
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(digits[0], count: count))
        var place = start + count - 1
        while rest > 0, place >= start {
            bytes[place] = digits[Int(rest % 62)]
            rest /= 62
            place -= 1
        }
    }

    func characters(_ count: Int) -> String {
        var text = ""
        var left = count
        while left > 0 {
            let part = min(left, 10)
            text += Self.text(random.next(), count: part)
            left -= part
        }
        return text
    }

    func id(_ kind: ObjectKind, now: Timestamp) -> String {
        switch kind {
        case .customer, .product: kind.idPrefix + characters(14)
        case .checkoutSession: kind.idPrefix + "a1" + characters(56)
        case .price, .subscription, .invoice, .invoicePayment, .paymentMethod, .paymentIntent, .charge:
            kind.idPrefix + timed(now)
        }
    }

    func event(now: Timestamp) -> String { "evt_" + timed(now) }
    func subscriptionItem() -> String { "si_" + characters(14) }
    func invoiceLine(now: Timestamp) -> String { "il_" + timed(now) }
    /// A key in the form of those that Stripe makes for itself.
    func foreignKey() -> String { "\(characters(8))-\(characters(4))-\(characters(4))-\(characters(12))" }
    func request() -> String { "req_" + characters(14) }

    /// Byte order is time order, as in Stripe's ids: a digit, the second in base 62, the account, chance.
    private func timed(_ now: Timestamp) -> String {
        "1" + Self.text(UInt64(max(now.seconds, 0)), count: 6) + account + characters(8)
    }
}
