/// Which of our objects an id names, by its prefix. No prefix is one of a provider's.
package enum PublicKind: String, Sendable, Hashable, CaseIterable {
    case customer = "cst"
    case subscription = "sbs"
    case subscriptionItem = "itm"
    case product = "prd"
    case price = "prc"
    case invoice = "ivc"
    case checkoutSession = "chs"
    case paymentMethod = "pmt"
    case coupon = "cpn"
    case discount = "dsc"
    case charge = "chg"
    case refund = "rfd"
    case dispute = "dsp"
    case webhookEvent = "whe"
    case apiKey = "key"
    case operation = "obx"
    case auditEntry = "aud"
    case reconciliation = "rec"
}

/// Drawn when a store is made, so that ids of one store mean nothing in another. Thirty bits.
package struct StoreEpoch: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt32

    package static let limit: UInt32 = 1 << 30

    /// Nil when the value does not fit thirty bits.
    package init?(rawValue: UInt32) {
        guard rawValue < Self.limit else { return nil }
        self.rawValue = rawValue
    }

    /// Any number makes an epoch; only its low thirty bits count.
    package init(truncating number: UInt64) {
        rawValue = UInt32(truncatingIfNeeded: number) & (Self.limit - 1)
    }
}

/// An id that we hand out: `cst_` and sixteen letters and digits.
///
/// Ten characters hold the row's number and six the store's epoch, five bits each, in an alphabet in byte
/// order without i, l, o and u: so ids of one kind sort as their rows were made, all have one length, need no
/// escaping in a URL, and no second index has to keep them.
package struct PublicID: Sendable, Hashable {
    package let kind: PublicKind
    /// The row's number: `objects.id`, or the id of the row's own table (customers, items, events).
    package let number: Int64

    package static let numberMax: Int64 = (1 << 50) - 1
    package static let length = 20

    package init(_ kind: PublicKind, _ number: Int64) {
        precondition(number >= 0 && number <= Self.numberMax, "row numbers fit fifty bits")
        self.kind = kind
        self.number = number
    }

    /// Nil when `text` is not an id of this kind, or was made by another store.
    package init?(_ text: String, kind: PublicKind, epoch: StoreEpoch) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.length, bytes[3] == UInt8(ascii: "_"),
            bytes[0..<3].elementsEqual(kind.rawValue.utf8),
            let number = decodeBase32(bytes[4..<14]),
            let madeBy = decodeBase32(bytes[14..<20]), madeBy == Int64(epoch.rawValue)
        else { return nil }
        self.kind = kind
        self.number = number
    }

    package func text(epoch: StoreEpoch) -> String {
        var bytes = Array(kind.rawValue.utf8)
        bytes.reserveCapacity(Self.length)
        bytes.append(UInt8(ascii: "_"))
        appendBase32(number, count: 10, to: &bytes)
        appendBase32(Int64(epoch.rawValue), count: 6, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

// Crockford's base 32, in lower case.
private let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

private func appendBase32(_ value: Int64, count: Int, to bytes: inout [UInt8]) {
    for position in (0..<count).reversed() {
        bytes.append(alphabet[Int(value >> (5 * Int64(position))) & 31])
    }
}

private func decodeBase32(_ bytes: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for byte in bytes {
        guard let digit = alphabet.firstIndex(of: byte) else { return nil }
        value = value << 5 | Int64(digit)
    }
    return value
}
