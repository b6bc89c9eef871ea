/// An id that the provider gave, such as `cus_9`. Compared byte by byte: two ids that only look alike differ.
package struct ProviderID: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    // `String` compares by canonical equivalence; the provider and the database compare bytes.
    package static func == (left: ProviderID, right: ProviderID) -> Bool {
        var (one, other) = (left.rawValue, right.rawValue)
        return one.utf8.count == other.utf8.count
            && one.withUTF8 { one in other.withUTF8 { one.elementsEqual($0) } }
    }

    package func hash(into hasher: inout Hasher) {
        var text = rawValue
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What kind of provider object: the `object` member of its JSON, also for kinds that we do not model.
package struct ObjectType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    package static let customer = ObjectType(rawValue: "customer")
    package static let subscription = ObjectType(rawValue: "subscription")
    package static let product = ObjectType(rawValue: "product")
    package static let price = ObjectType(rawValue: "price")
    package static let invoice = ObjectType(rawValue: "invoice")
    package static let checkoutSession = ObjectType(rawValue: "checkout.session")
    package static let paymentMethod = ObjectType(rawValue: "payment_method")
    package static let coupon = ObjectType(rawValue: "coupon")
    package static let discount = ObjectType(rawValue: "discount")
    package static let charge = ObjectType(rawValue: "charge")
    package static let refund = ObjectType(rawValue: "refund")
    package static let dispute = ObjectType(rawValue: "dispute")
    package static let invoicePayment = ObjectType(rawValue: "invoice_payment")
    package static let creditNote = ObjectType(rawValue: "credit_note")
}

/// The name of one provider object in the store: unique, and meaningless without its connection.
package struct ObjectKey: Sendable, Hashable {
    package let connection: ConnectionID
    package let type: ObjectType
    package let id: ProviderID

    package init(connection: ConnectionID, type: ObjectType, id: ProviderID) {
        self.connection = connection
        self.type = type
        self.id = id
    }
}
