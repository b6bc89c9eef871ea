package import JSON

extension ProviderOperation {
    /// The form in which an operation waits in the outbox until its first send.
    package func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("operation", kind.rawValue)
        if let target { writer.reference("target", target) }
        switch self {
        case .createCustomer(let draft):
            writer.field("local_id", draft.localID)
            writer.key("patch")
            draft.fields.asPatch.write(to: &writer)
        case .updateCustomer(_, let patch):
            writer.key("patch")
            patch.write(to: &writer)
        case .createCheckoutSession(let draft):
            writer.key("session")
            draft.write(to: &writer)
        case .updateCheckoutSession(_, let patch):
            writer.nested("metadata") { writer in
                for entry in patch.entries { writer.field(entry.key, entry.value) }
            }
        case .cancelSubscription(_, let cancellation):
            if let invoices = cancellation.invoicesNow { writer.field("invoice_now", invoices) }
            if let prorates = cancellation.prorates { writer.field("prorate", prorates) }
        case .deleteCustomer, .expireCheckoutSession:
            break
        }
        writer.endObject()
        return writer.bytes
    }

    /// Reads what `json` wrote, and nothing else: an unknown member is an error, since ignoring it would lose it.
    package init(json value: JSONValue) throws(OperationFormatError) {
        let reader = try OperationReader(
            value,
            path: "operation",
            knows: [
                "operation", "target", "local_id", "patch", "session", "metadata", "invoice_now", "prorate",
            ]
        )
        func target() throws(OperationFormatError) -> ObjectReference {
            guard let target = try reader.reference("target") else { throw reader.wrong("target") }
            return target
        }
        func patch() throws(OperationFormatError) -> CustomerPatch {
            try CustomerPatch(try reader.object("patch", knows: CustomerPatch.keys))
        }
        let kind: Kind = try reader.word("operation")
        switch kind {
        case .createCustomer:
            let fields = try patch().folded(over: CustomerFields())
            self = .createCustomer(CustomerDraft(localID: try reader.text("local_id"), fields: fields))
        case .updateCustomer:
            self = .updateCustomer(try target(), try patch())
        case .deleteCustomer:
            self = .deleteCustomer(try target())
        case .createCheckoutSession:
            let session = try reader.object("session", knows: CheckoutSessionDraft.keys)
            self = .createCheckoutSession(try CheckoutSessionDraft(session))
        case .updateCheckoutSession:
            self = .updateCheckoutSession(try target(), try reader.metadataPatch("metadata"))
        case .expireCheckoutSession:
            self = .expireCheckoutSession(try target())
        case .cancelSubscription:
            let cancellation = SubscriptionCancellation(
                invoicesNow: try reader.optionalBoolean("invoice_now"),
                prorates: try reader.optionalBoolean("prorate")
            )
            self = .cancelSubscription(try target(), cancellation)
        }
    }
}
