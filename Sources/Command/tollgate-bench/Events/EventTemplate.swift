/// A payload with holes: runs of one capital letter that stand for ids and numbers.
///
/// The holes are documented beside the files in `Fixtures/load`: `E` the event's id, `S` the subscription's,
/// `C` the customer's, `I` the invoice's, `T` the item's, `L` the line's, `N` the revision, `P` the one before,
/// `R` random text, and the ten ones are the time.
package struct EventTemplate: Sendable {
    package struct Hole: Sendable, Equatable {
        package let offset: Int
        package let count: Int
    }

    package let body: [UInt8]
    package let eventID: [Hole]
    package let subscriptionID: [Hole]
    package let customerID: [Hole]
    package let invoiceID: [Hole]
    package let itemID: [Hole]
    package let lineID: [Hole]
    package let revision: [Hole]
    package let previousRevision: [Hole]
    package let randomText: [Hole]
    package let created: [Hole]

    /// Nil when the text has no hole for the event's id, so that no two events would differ.
    ///
    /// `bytesMin` pads a shorter body with one more member at the end of the object.
    package init?(_ text: [UInt8], bytesMin: Int = 0) {
        guard let body = Self.padded(text, to: bytesMin) else { return nil }
        self.body = body
        eventID = Self.holes("E", count: 24, in: body)
        subscriptionID = Self.holes("S", count: 24, in: body)
        customerID = Self.holes("C", count: 14, in: body)
        invoiceID = Self.holes("I", count: 24, in: body)
        itemID = Self.holes("T", count: 14, in: body)
        lineID = Self.holes("L", count: 24, in: body)
        revision = Self.holes("N", count: 10, in: body)
        previousRevision = Self.holes("P", count: 10, in: body)
        randomText = Self.holes("R", count: 32, in: body)
        created = Self.holes("1", count: 10, in: body)
        guard eventID.count == 1 else { return nil }
    }

    private static func padded(_ text: [UInt8], to bytesMin: Int) -> [UInt8]? {
        var body = text
        while let last = body.last, last == UInt8(ascii: "\n") { body.removeLast() }
        guard body.last == UInt8(ascii: "}") else { return nil }
        let opening = Array(#","load_padding":""#.utf8)
        let missing = bytesMin - body.count - opening.count - 1
        guard body.count < bytesMin else { return body }
        body.removeLast()
        body += opening
        body += [UInt8](repeating: UInt8(ascii: "x"), count: max(missing, 0))
        body += Array(#""}"#.utf8)
        return body
    }

    /// Runs of exactly `count` of the character.
    private static func holes(_ character: Unicode.Scalar, count: Int, in body: [UInt8]) -> [Hole] {
        let mark = UInt8(ascii: character)
        var holes: [Hole] = []
        var position = 0
        while position < body.count {
            guard body[position] == mark else {
                position += 1
                continue
            }
            let start = position
            while position < body.count, body[position] == mark { position += 1 }
            if position - start == count { holes.append(Hole(offset: start, count: count)) }
        }
        return holes
    }
}
