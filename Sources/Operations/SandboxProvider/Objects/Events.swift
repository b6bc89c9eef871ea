import JSON
import Timing

/// `/v1/events`
extension SandboxState {
    /// Thirty days, as long as Stripe lists them.
    static let eventsShownSeconds: Int64 = 30 * 86_400

    func event(_ id: String, _ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        try context.parameters.finish()
        guard let event = events[id] else { throw .notFound("event", id) }
        return SandboxAnswer(status: 200, body: event.json)
    }

    func listEvents(_ context: CallContext) throws(ProviderError) -> SandboxAnswer {
        let parameters = context.parameters
        let page = try ListPage(parameters)
        let patterns = try patterns(parameters)
        let isDelivered = try parameters.boolean("delivery_success")
        try parameters.finish()

        let oldest = context.now.seconds - Self.eventsShownSeconds
        func matches(_ event: SandboxEvent) -> Bool {
            page.created.contains(event.created) && event.created >= oldest
                && (patterns.isEmpty || patterns.contains { SandboxEvent.matches(event.type, pattern: $0) })
                && (isDelivered == nil || (event.pendingWebhooks == 0) == isDelivered)
        }
        var low = 0
        var high = events.events.count
        if let cursor = page.startingAfter {
            high = try position(cursor, "starting_after", oldest)
        }
        if let cursor = page.endingBefore {
            low = try position(cursor, "ending_before", oldest) + 1
        }
        var chosen: [SandboxEvent] = []
        var hasMore = false
        let isBackwards = page.endingBefore != nil
        let lowest = max(oldest, page.created.lowerBound)
        for step in 0..<max(high - low, 0) {
            let event = events.events[isBackwards ? low + step : high - 1 - step]
            // None is dated later than it was made, so the rest is older, too.
            if !isBackwards, event.made < lowest { break }
            guard matches(event) else { continue }
            if chosen.count == page.limit {
                hasMore = true
                break
            }
            chosen.append(event)
        }
        if isBackwards { chosen.reverse() }
        return Self.list(chosen, hasMore)
    }

    private static func list(_ chosen: [SandboxEvent], _ hasMore: Bool) -> SandboxAnswer {
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.field("object", "list")
        writer.key("data")
        writer.beginArray()
        for event in chosen { event.write(to: &writer) }
        writer.endArray()
        writer.field("has_more", hasMore)
        writer.field("url", "/v1/events")
        writer.endObject()
        return SandboxAnswer(status: 200, body: writer.bytes)
    }

    /// An event that is shown no more is no place in the list any more.
    private func position(
        _ cursor: String,
        _ parameter: String,
        _ oldest: Int64
    ) throws(ProviderError) -> Int {
        guard let position = events.position(cursor), events.events[position].created >= oldest else {
            throw .noSuch("event", cursor, parameter: parameter)
        }
        return position
    }

    /// `type`, or up to twenty `types`.
    private func patterns(_ parameters: Parameters) throws(ProviderError) -> [String] {
        let types = try parameters.texts("types").value ?? []
        guard types.count <= 20 else { throw .invalid("types", "At most 20 types may be named.") }
        if let type = try parameters.text("type") {
            guard types.isEmpty else { throw .invalid("type", "Only one of type and types may be given.") }
            return [type]
        }
        return types
    }
}
