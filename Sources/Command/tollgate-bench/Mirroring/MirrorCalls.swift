import BillingModel
import Cryptography
import Providers

/// The calls that a mirror run makes, the same by both ways: each creates a customer, of whom the provider is told
/// no e-mail address, because one would be looked up first and one operation would be two calls.
struct MirrorCalls: Sendable {
    /// The sandbox's own key.
    static let apiKey = "sk_test_tollgate_sandbox"
    static let apiVersion = "2026-06-24.dahlia"

    let epoch: StoreEpoch

    func draft(customer number: Int64) -> CustomerDraft {
        var draft = CustomerDraft(localID: PublicID(.customer, number).text(epoch: epoch))
        draft.fields.name = "Customer \(number)"
        draft.fields.phone = "+49 30 \(1_000_000 + number)"
        draft.fields.details = "Made by tollgate-bench, number \(number)"
        draft.fields.metadata = Metadata([
            Metadata.Entry(key: "campaign", value: "autumn \(number % 7)"),
            Metadata.Entry(key: "plan", value: "plus"),
        ])
        return draft
    }

    /// The request as the gateway makes it, for whoever makes it without a gateway. `run` keeps the keys of several
    /// runs on one provider apart.
    func request(customer number: Int64, run: UInt64) throws(BenchError) -> BareRequest {
        do throws(ProviderCallError) {
            let request = try StripeCalls.request(
                for: .createCustomer(draft(customer: number)),
                operationID: ""
            )
            let headers = StripeHeaders(apiKey: RedactedText(Self.apiKey), version: Self.apiVersion)
            let key = "tg_\(run)_\(number)"
            let list = try headers.list(for: request, idempotencyKey: key)
            return BareRequest(
                path: request.target,
                headers: ["Expect:"] + list.map { "\($0.name): \($0.value)" },
                body: request.body ?? []
            )
        } catch {
            throw BenchError("the provider's request cannot be made: \(error)")
        }
    }
}

/// A request in the bytes that libcurl is given.
struct BareRequest: Sendable {
    let path: String
    let headers: [String]
    let body: [UInt8]
}
