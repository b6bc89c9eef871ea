import BillingModel
import CustomerStore
import JSON
import Providers

/// What a body says about a customer, as far as it may: catalogue 3.3, R01 to R06, R10, R45.
struct CustomerInput: Sendable {
    static let emailLengthMax = 254
    static let nameLengthMax = 256
    static let detailsLengthMax = 1000
    static let externalIDLengthMax = 255
    static let addressPartLengthMax = 200
    static let phoneDigits = 5...20

    var externalID: FieldChange<String> = .keep
    var patch = CustomerPatch()
    /// By the configured name; only where a customer is made.
    var connection: String?
    /// Our id or the provider's; checked against the customer later.
    var defaultPaymentMethod: FieldChange<String> = .keep

    /// Members that a customer shows and nobody may write.
    private static let readOnly: Set<String> = [
        "object", "id", "site_id", "live_mode", "source", "currency", "balance", "delinquent",
        "stripe_customer_id", "sync", "default_payment_method", "default_payment_method_provider_id",
        "status",
        "product_id", "product_provider_id", "price_id", "price_provider_id", "lifetime_revenue",
        "lifetime_revenue_by_currency", "first_seen", "last_seen", "subscription_date", "is_trial",
        "trial_end",
        "renewal_number", "activation_date", "delinquency_date", "archived_at", "merged_into", "created_at",
        "updated_at", "version", "subscriptions", "product", "price", "provider_data",
    ]

    init(_ body: BodyReader, isNew: Bool) {
        var body = body
        externalID = Self.externalID(&body)
        if isNew { connection = body.text("connection", max: 64) }
        patch.email = body.email("email")
        patch.name = body.change("name", max: Self.nameLengthMax)
        patch.details = body.change("description", max: Self.detailsLengthMax)
        patch.phone = body.phone("phone")
        patch.preferredLocales = Self.language(&body)
        patch.address = body.addressPatch("address")
        patch.shipping = body.shipping("shipping")
        patch.taxExempt = body.word("tax_exempt", TaxExempt.self)
        patch.metadata = body.metadata()
        defaultPaymentMethod = isNew ? .keep : body.change("default_payment_method_id", max: 255)
        body.refuseOthers(readOnly: Self.readOnly)
        let isNamed = !(externalID.folded(over: nil) ?? "").isEmpty
        if isNew, !isNamed, (patch.email.foldedText(over: nil) ?? "").isEmpty, body.errors.list.isEmpty {
            body.wrong("external_id", "required", "A customer has an external_id or an email, or both.")
        }
    }

    /// Catalogue C2: fit for a URL as it is; never one of our ids, nor a word of a path.
    private static func externalID(_ body: inout BodyReader) -> FieldChange<String> {
        let change = body.change("external_id", max: externalIDLengthMax)
        guard case .set(let text) = change else {
            if change == .clear, let value = body.value["external_id"], !value.isNull {
                body.wrong("external_id", "invalid_external_id")
            }
            return change
        }
        let words = [".", "..", "credit_from_payment_method", "merge", "duplicates", "search", "import"]
        let isFit = text.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || "._~@+:-".utf8.contains(byte)
        }
        guard isFit, !words.contains(text), !text.hasPrefix("cst_") else {
            body.wrong(
                "external_id",
                "invalid_external_id",
                "Letters, digits and ._~@+:- only; not a word of the API, and not beginning with cst_."
            )
            return .keep
        }
        return change
    }

    private static func language(_ body: inout BodyReader) -> FieldChange<[String]> {
        switch body.change("language", max: 35) {
        case .keep: return .keep
        case .clear: return .clear
        case .set(let tag):
            // RFC 5646 §2.1: a primary language of two or three letters, then subtags.
            let parts = tag.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            let isTag =
                (2...3).contains(parts[0].count)
                && parts.allSatisfy { (1...8).contains($0.count) && $0.allSatisfy(isAlphanumeric) }
            guard isTag else {
                body.wrong("language", "invalid_language", "A language tag such as en or fr-CA.")
                return .keep
            }
            return .set([tag])
        }
    }
}

func isAlphanumeric(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

extension BodyReader {
    /// One `@`, something before it, and a domain of two labels behind it; whether mail arrives is not ours to know.
    mutating func email(_ name: String) -> FieldChange<String> {
        let change = change(name, max: CustomerInput.emailLengthMax)
        guard case .set(let text) = change else { return change }
        let trimmed = text.trimmingBlanks()
        guard isEmail(trimmed) else {
            wrong(name, "invalid_email")
            return .keep
        }
        return .set(trimmed)
    }

    private func isEmail(_ text: String) -> Bool {
        let halves = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard halves.count == 2, (1...64).contains(halves[0].count) else { return false }
        let isClean = text.utf8.allSatisfy { !" <>()[],;:\\\"".utf8.contains($0) }
        let labels = halves[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return isClean && labels.count >= 2 && labels.allSatisfy { (1...63).contains($0.count) }
            && !halves[0].starts(with: [UInt8(ascii: ".")]) && halves[0].last != UInt8(ascii: ".")
    }

    /// Digits, with a leading plus if there was one; what stands between them is dropped.
    mutating func phone(_ name: String) -> FieldChange<String> {
        let change = change(name, max: 64)
        guard case .set(let text) = change else { return change }
        let trimmed = text.trimmingBlanks()
        let digits = trimmed.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard CustomerInput.phoneDigits.contains(digits.count),
            trimmed.utf8.allSatisfy({ isAlphanumeric($0) == false || digits.contains($0) })
        else {
            wrong(name, "invalid_phone", "5 to 20 digits.")
            return .keep
        }
        return .set((trimmed.hasPrefix("+") ? "+" : "") + String(decoding: digits, as: UTF8.self))
    }

    /// Part by part; null takes the whole away.
    mutating func addressPatch(_ name: String) -> AddressPatch {
        var patch = AddressPatch()
        if let value = member(name), value.isNull { return AddressPatch(replacingWith: nil) }
        guard var parts = object(name) else { return patch }
        for part in AddressPart.allCases { patch[part] = parts.addressPart(part) }
        parts.refuseOthers()
        return patch
    }

    private mutating func addressPart(_ part: AddressPart) -> FieldChange<String> {
        let change = change(part.rawValue, max: CustomerInput.addressPartLengthMax)
        guard part == .country, case .set(let text) = change else { return change }
        let isCode =
            text.utf8.count == 2 && text.utf8.allSatisfy { isAlphanumeric($0) && $0 > UInt8(ascii: "9") }
        guard isCode else {
            wrong(part.rawValue, "invalid_country", "Two letters, as DE (ISO 3166-1).")
            return .keep
        }
        return .set(text.uppercased())
    }

    /// Only as a whole: name and address together.
    mutating func shipping(_ name: String) -> FieldChange<Shipping> {
        if let value = member(name), value.isNull { return .clear }
        guard var parts = object(name) else { return .keep }
        let recipient = parts.text("name", max: CustomerInput.nameLengthMax, required: true)
        let phone = parts.phone("phone").folded(over: nil)
        let address = parts.addressPatch("address").folded(over: nil)
        if address == nil { parts.wrong("address", "required") }
        parts.refuseOthers()
        guard let recipient, let address else { return .keep }
        return .set(Shipping(name: recipient, phone: phone, address: address))
    }
}

extension String {
    func trimmingBlanks() -> String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
