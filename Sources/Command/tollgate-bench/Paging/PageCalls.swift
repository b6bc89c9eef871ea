import BillingModel
import Cryptography
import Providers

/// The pages of all customers, asked for as the gateway asks for them, in one list or in several by time of creation.
struct PageCalls: Sendable {
    /// When the sandbox's oldest made-up customer was made, Unix seconds.
    static let oldestSecond: Int64 = 1_600_000_000

    /// One list: what its first page is asked by. Later pages add `&starting_after=`.
    struct Part: Sendable {
        let target: String
    }

    /// - Parameter newest: when the newest customer was made, Unix seconds.
    static func parts(_ count: Int, newest: Int64) throws(BenchError) -> [Part] {
        let span = max(newest - oldestSecond, 1)
        var parts: [Part] = []
        for index in 0..<count {
            let from = oldestSecond + span * Int64(index) / Int64(count) + 1
            let through = oldestSecond + span * Int64(index + 1) / Int64(count)
            // The ends are open, as in the gateway's own lists.
            let read = ProviderRead.list(
                .customer,
                createdFrom: index == 0 ? nil : from,
                createdThrough: index == count - 1 ? nil : through,
                page: PageRequest()
            )
            parts.append(Part(target: try request(read).target))
        }
        return parts
    }

    static func headers() throws(BenchError) -> [String] {
        let headers = StripeHeaders(
            apiKey: RedactedText(MirrorCalls.apiKey),
            version: MirrorCalls.apiVersion
        )
        do throws(ProviderCallError) {
            let list = try headers.list(
                for: try StripeCalls.request(
                    for: .list(.customer, createdFrom: nil, createdThrough: nil, page: PageRequest())
                ),
                idempotencyKey: nil
            )
            return list.map { "\($0.name): \($0.value)" }
        } catch {
            throw BenchError("the provider's request cannot be made: \(error)")
        }
    }

    private static func request(_ read: ProviderRead) throws(BenchError) -> ProviderRequest {
        do throws(ProviderCallError) {
            return try StripeCalls.request(for: read)
        } catch {
            throw BenchError("the provider's request cannot be made: \(error)")
        }
    }
}
