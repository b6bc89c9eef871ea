import BillingModel
import Foundation
import JSON
import Providers
import Testing

/// One call of Stripe's own Python library and what it sent; see `form_encoding.md` for origin and licence.
private struct FormVector: CustomTestStringConvertible, Sendable {
    let number: Int
    let method: String
    let path: String
    let parameters: JSONValue
    let wire: String

    var testDescription: String { "\(number) \(method) \(path)" }

    static let all: [FormVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "form_encoding.json")
        // Nil has no vectors, and their count is checked.
        guard let data = try? Data(contentsOf: file), let root = try? JSONDocument.parse([UInt8](data)).root
        else { return [] }
        return root.elements.enumerated().compactMap { number, vector in
            guard let method = vector["method"]?.string, let path = vector["path"]?.string,
                let parameters = vector["params"], let wire = vector["wire"]?.string
            else { return nil }
            return FormVector(number: number, method: method, path: path, parameters: parameters, wire: wire)
        }
    }()
}

private func form(_ value: JSONValue) -> StripeForm {
    switch value.kind {
    case .null: .clear
    case .boolean: .boolean(value.boolean == true)
    case .number: value.integer.map { .integer($0) } ?? .text(value.numberText ?? "")
    case .string: .text(value.string ?? "")
    case .array: .list(value.elements.map(form))
    case .object: .map(value.members.map { StripeForm.Member($0.key, form($0.value)) })
    }
}

/// The pairs that a server sees, after a decoder that is not ours.
private func pairs(_ text: String) -> [String] {
    text.split(separator: "&", omittingEmptySubsequences: true).map { pair in
        let decoded = pair.replacing("+", with: " ").removingPercentEncoding
        return decoded ?? "undecodable: \(pair)"
    }
}

struct StripeFormTests {
    @Test func `all vectors of the official library are there`() {
        #expect(FormVector.all.count == 256)
    }

    @Test(arguments: FormVector.all)
    private func `an official vector is encoded alike after decoding`(vector: FormVector) {
        #expect(pairs(form(vector.parameters).query()) == pairs(vector.wire))
    }

    @Test func `nesting, lists and clearing have one form each`() {
        let form = StripeForm.map([
            StripeForm.Member("email", .clear),
            StripeForm.Member("address", .map([StripeForm.Member("line2", .clear)])),
            StripeForm.Member("expand", .list([.text("a"), .map([StripeForm.Member("k", .integer(-1))])])),
            StripeForm.Member("locales", .list([])),
            StripeForm.Member("nothing", .map([])),
            StripeForm.Member("flag", .boolean(false)),
        ])
        #expect(form.query() == "email=&address[line2]=&expand[0]=a&expand[1][k]=-1&locales=&flag=false")
    }

    @Test func `everything but unreserved characters is percent-encoded`() {
        let text = "a b+c&d=e[f]%/é😀\u{0}\n~-._"
        let form = StripeForm.map([StripeForm.Member("k y", .text(text))])
        let wanted = "k%20y=a%20b%2Bc%26d%3De%5Bf%5D%25%2F%C3%A9%F0%9F%98%80%00%0A~-._"
        #expect(form.query() == wanted)
        #expect(form.encoded() == Array(wanted.utf8))
    }

    @Test func `no parameters are no bytes`() {
        #expect(StripeForm.map([]).encoded().isEmpty)
    }
}
