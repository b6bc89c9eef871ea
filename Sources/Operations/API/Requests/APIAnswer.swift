import Database

/// What a route answers, before it becomes an `HTTPResponse`.
package struct APIAnswer: Sendable {
    package var status: Int
    package var contentType: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8]

    static func json(_ body: [UInt8], status: Int = 200) -> APIAnswer {
        APIAnswer(status: status, contentType: "application/json", body: body)
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// How a route goes on after it has read.
enum RouteOutcome {
    case answer(APIAnswer)
    /// Answered once `change` is committed.
    case write(PendingWrite)
}

/// A change that a route wants, with the words under which it is audited.
struct PendingWrite: Sendable {
    /// Such as `"webhook_event.replay"`.
    let act: StaticString
    /// Public id of what is changed; empty when `change` makes it.
    let target: String
    /// Runs on the writing thread. A problem leaves nothing behind only if `change` wrote nothing before it.
    let change: @Sendable (any WriteTransaction) throws(DatabaseError) -> Result<APIAnswer, Problem>
}
