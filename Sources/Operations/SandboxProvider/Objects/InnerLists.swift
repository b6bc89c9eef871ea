/// Rows that stand in a list inside an object, at the addresses where all of them can be paged through.
extension SandboxState {
    /// `/v1/subscription_items`; the subscription must be named.
    func listSubscriptionItems(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let page = try ListPage(context.parameters, createdFilter: false)
        let id = try context.parameters.required("subscription")
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        guard let subscription = self[.subscription].live(id) else {
            throw .noSuch("subscription", id, parameter: "subscription")
        }
        return try list(
            page.select(inner: subscription.items, noun: "subscription item"),
            url: "/v1/subscription_items",
            expand: expand
        )
    }

    /// `/v1/invoices/ID/lines`
    func listInvoiceLines(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let invoice = try named(.invoice, id)
        let page = try ListPage(context.parameters, createdFilter: false)
        let expand = try context.parameters.expansions()
        try context.parameters.finish()
        let rows = (invoice["lines"]?.object?["data"]?.list ?? []).compactMap(\.object)
        return try list(
            page.select(inner: rows, noun: "line item"),
            url: "/v1/invoices/\(id)/lines",
            expand: expand
        )
    }
}

extension ListPage {
    /// A page of rows that are there in their order.
    func select(inner rows: [WireObject], noun: String) throws(ProviderError) -> (
        rows: [WireObject], hasMore: Bool
    ) {
        func place(of id: String, _ parameter: String) throws(ProviderError) -> Int {
            guard let place = rows.firstIndex(where: { $0.text("id") == id }) else {
                throw .noSuch(noun, id, parameter: parameter)
            }
            return place
        }
        if let cursor = endingBefore {
            let rest = rows[..<(try place(of: cursor, "ending_before"))]
            return (Array(rest.suffix(limit)), rest.count > limit)
        }
        let start = try startingAfter.map { cursor throws(ProviderError) in
            try place(of: cursor, "starting_after") + 1
        }
        let rest = rows[(start ?? 0)...]
        return (Array(rest.prefix(limit)), rest.count > limit)
    }
}
