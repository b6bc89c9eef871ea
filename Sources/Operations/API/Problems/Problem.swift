import JSON
import Telemetry

/// Why a request gets no result. Thrown by routes, written as `application/problem+json` (RFC 9457).
///
/// `detail` is our own words. Where it must name something that the caller sent, it passes the redactor first.
package struct Problem: Error, Sendable {
    package struct FieldError: Sendable, Hashable {
        /// RFC 6901 into the body, such as `/sites/0`.
        package let pointer: String
        /// A stable word, such as `required`.
        package let code: String
        /// What would be right, in our own words; nil where the code says it all.
        package var detail: String?
    }

    package let code: ProblemCode
    package var detail: String
    package var errors: [FieldError]
    var headers: [(name: String, value: String)] = []
    /// What stands in the way, by name and public id.
    var conflict: [(name: String, id: String)] = []

    package init(_ code: ProblemCode, _ detail: String, errors: [FieldError] = []) {
        self.code = code
        self.detail = detail
        self.errors = errors
    }

    /// A name that the caller sent, fit for `detail`.
    static func quoted(_ text: String) -> String {
        "\"\(LogRedactor.redacted(text))\""
    }

    /// The same for a missing, malformed, unknown and revoked key: who guesses learns nothing.
    static var unauthenticated: Problem {
        var problem = Problem(
            .unauthenticated,
            "Send a valid API key as \"Authorization: Bearer sk_test_…\" or sk_live_…."
        )
        problem.headers = [("WWW-Authenticate", #"Bearer realm="tollgate""#)]
        return problem
    }

    func answer(instance: String, requestID: String) -> APIAnswer {
        var writer = JSONWriter(capacity: 384)
        writer.beginObject()
        writer.field("type", code.type)
        writer.field("title", code.title)
        writer.field("status", code.status)
        writer.field("detail", detail)
        // A path can hold a customer's external id, and that can be an address.
        writer.field("instance", LogRedactor.redacted(instance))
        writer.field("code", code.rawValue)
        writer.field("request_id", requestID)
        if !errors.isEmpty {
            writer.key("errors")
            writer.beginArray()
            for error in errors {
                writer.beginObject()
                writer.field("pointer", LogRedactor.redacted(error.pointer))
                writer.field("code", error.code)
                if let detail = error.detail { writer.field("detail", detail) }
                writer.endObject()
            }
            writer.endArray()
        }
        if !conflict.isEmpty {
            writer.key("conflict")
            writer.beginObject()
            for other in conflict { writer.field(other.name, other.id) }
            writer.endObject()
        }
        writer.endObject()
        return APIAnswer(
            status: code.status,
            contentType: "application/problem+json",
            headers: headers,
            body: writer.bytes
        )
    }
}
