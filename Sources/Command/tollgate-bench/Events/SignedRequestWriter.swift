package import Cryptography
import Timing

/// Writes events as signed HTTP requests into buffers that are prepared once for each kind.
///
/// A request costs its holes and one HMAC. Not Sendable: it owns buffers that the next request overwrites.
package final class SignedRequestWriter {
    private struct Prepared {
        let template: EventTemplate
        let buffer: UnsafeMutableRawBufferPointer
        let bodyOffset: Int
        let signedTimeOffset: Int
        let signatureOffset: Int

        var body: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: buffer[bodyOffset...])
        }
    }

    private let prepared: [EventKind: Prepared]
    private let scheme: EventIDScheme
    private let account: UInt64
    private let hmac: HMACContext
    /// The signed time and a full stop, which Stripe signs before the body.
    private let prefix: UnsafeMutableRawBufferPointer

    package init(
        library: TemplateLibrary,
        scheme: EventIDScheme,
        account: UInt64,
        key: HMACKey,
        host: String,
        path: String
    ) {
        self.scheme = scheme
        self.account = account
        hmac = HMACContext(key: key)
        prefix = .allocate(byteCount: 11, alignment: 1)
        prefix[10] = UInt8(ascii: ".")
        prepared = library.templates.mapValues { Self.prepare($0, host: host, path: path) }
    }

    deinit {
        prefix.deallocate()
        for request in prepared.values { request.buffer.deallocate() }
    }

    /// The whole request; its bytes stay until the next call.
    package func request(for plan: EventPlan, signedAt second: Int64) -> UnsafeRawBufferPointer {
        guard let prepared = prepared[plan.kind] else {
            preconditionFailure("every kind of event has a template")
        }
        fill(prepared, with: plan)
        Self.writeDecimal(UInt64(max(second, 0)), to: UnsafeMutableRawBufferPointer(rebasing: prefix[..<10]))
        prepared.buffer[prepared.signedTimeOffset..<prepared.signedTimeOffset + 10].copyBytes(
            from: prefix[..<10]
        )
        hmac.start()
        hmac.update(UnsafeRawBufferPointer(prefix))
        hmac.update(UnsafeRawBufferPointer(prepared.body))
        let signature = prepared.buffer[prepared.signatureOffset..<prepared.signatureOffset + 64]
        Hex.write(hmac.finish(), to: UnsafeMutableRawBufferPointer(rebasing: signature))
        return UnsafeRawBufferPointer(prepared.buffer)
    }

    package func bodyBytes(of kind: EventKind) -> Int {
        prepared[kind]?.template.body.count ?? 0
    }

    /// As the event's `id` says it, with `evt_`.
    package func eventID(of plan: EventPlan) -> String {
        scheme.text(sequence: plan.sequence, second: plan.second, account: account)
    }

    private func fill(_ prepared: Prepared, with plan: EventPlan) {
        let template = prepared.template
        let body = prepared.body
        for hole in template.eventID {
            scheme.write(
                sequence: plan.sequence,
                second: plan.second,
                account: account,
                to: Self.part(of: body, hole)
            )
        }
        for hole in template.created {
            Self.writeDecimal(UInt64(max(plan.second, 0)), to: Self.part(of: body, hole))
        }
        for hole in template.subscriptionID {
            Self.writeID("1Load", plan.object, to: Self.part(of: body, hole))
        }
        for hole in template.customerID { Self.writeID("Load", plan.object, to: Self.part(of: body, hole)) }
        for hole in template.itemID { Self.writeID("Load", plan.object, to: Self.part(of: body, hole)) }
        // An invoice of its own for each event that tells of one; a subscription names that of its customer.
        let invoice = plan.kind == .invoicePaid ? plan.sequence : plan.object
        for hole in template.invoiceID { Self.writeID("1Load", invoice, to: Self.part(of: body, hole)) }
        for hole in template.lineID { Self.writeID("1Load", invoice, to: Self.part(of: body, hole)) }
        for hole in template.revision { Self.writeDecimal(plan.revision, to: Self.part(of: body, hole)) }
        for hole in template.previousRevision {
            Self.writeDecimal(plan.revision > 0 ? plan.revision - 1 : 0, to: Self.part(of: body, hole))
        }
        // The object's own, and the same in all its events: what changed without a link would be a gap.
        let random = RandomSource(seed: plan.object)
        for hole in template.randomText { Self.writeRandom(random, to: Self.part(of: body, hole)) }
    }

    private static func prepare(_ template: EventTemplate, host: String, path: String) -> Prepared {
        var head = Array("POST \(path) HTTP/1.1\r\nHost: \(host)\r\n".utf8)
        head += Array("Content-Type: application/json; charset=utf-8\r\n".utf8)
        head += Array("Content-Length: \(template.body.count)\r\n".utf8)
        head += Array("Stripe-Signature: t=".utf8)
        let signedTimeOffset = head.count
        head += Array("0000000000,v1=".utf8)
        let signatureOffset = head.count
        head += [UInt8](repeating: UInt8(ascii: "0"), count: 64)
        head += Array("\r\n\r\n".utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: head.count + template.body.count,
            alignment: 16
        )
        buffer.copyBytes(from: head + template.body)
        return Prepared(
            template: template,
            buffer: buffer,
            bodyOffset: head.count,
            signedTimeOffset: signedTimeOffset,
            signatureOffset: signatureOffset
        )
    }

    private static func part(
        of body: UnsafeMutableRawBufferPointer,
        _ hole: EventTemplate.Hole
    ) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: body[hole.offset..<hole.offset + hole.count])
    }

    private static func writeID(
        _ prefix: StaticString,
        _ number: UInt64,
        to text: UnsafeMutableRawBufferPointer
    ) {
        let prefixCount = prefix.utf8CodeUnitCount
        for position in 0..<prefixCount { text[position] = prefix.utf8Start[position] }
        Base62.write(number, to: UnsafeMutableRawBufferPointer(rebasing: text[prefixCount...]))
    }

    /// Letters from `a` to `p`, four bits each: no division, for the load is to be light.
    private static func writeRandom(_ random: RandomSource, to text: UnsafeMutableRawBufferPointer) {
        var bits: UInt64 = 0
        for position in text.indices {
            if position % 16 == 0 { bits = random.next() }
            text[position] = UInt8(ascii: "a") + UInt8(bits & 15)
            bits >>= 4
        }
    }

    /// Exactly as many digits as there is room for, padded with zeros.
    private static func writeDecimal(_ value: UInt64, to text: UnsafeMutableRawBufferPointer) {
        var rest = value
        var position = text.count
        while position > 0 {
            position -= 1
            text[position] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
