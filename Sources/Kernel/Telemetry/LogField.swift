package import Timing

/// One named fact of a log line. There is no way to put bytes in, and every text passes the `LogRedactor`.
package struct LogField: Sendable {
    enum Value: Sendable {
        case text(String)
        case integer(Int64)
        case boolean(Bool)
    }

    let name: StaticString
    let value: Value

    private init(_ name: StaticString, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// Ids, names and words. Never what a peer sent in a body, a credential or a person's data: the redactor is
    /// the net below this rule, not its replacement.
    package static func text(_ name: StaticString, _ value: String) -> LogField {
        LogField(name, .text(value))
    }

    package static func word(_ name: StaticString, _ value: StaticString) -> LogField {
        LogField(name, .text(value.description))
    }

    package static func integer(_ name: StaticString, _ value: Int64) -> LogField {
        LogField(name, .integer(value))
    }

    package static func integer(_ name: StaticString, _ value: Int) -> LogField {
        LogField(name, .integer(Int64(value)))
    }

    package static func boolean(_ name: StaticString, _ value: Bool) -> LogField {
        LogField(name, .boolean(value))
    }

    package static func time(_ name: StaticString, _ value: Timestamp) -> LogField {
        LogField(name, .text(value.rfc3339))
    }

    /// A stored event: ours (`whe_…`) or the provider's (`evt_…`).
    package static func eventID(_ id: String) -> LogField { .text("event_id", id) }
    package static func endpoint(_ name: String) -> LogField { .text("endpoint", name) }
    package static func requestID(_ id: String) -> LogField { .text("request_id", id) }
    package static func milliseconds(_ value: Int64) -> LogField { .integer("duration_ms", value) }
    package static func count(_ value: Int) -> LogField { .integer("count", value) }
    /// Words that we chose ourselves, such as a database error's description.
    package static func reason(_ text: String) -> LogField { .text("reason", text) }
}
