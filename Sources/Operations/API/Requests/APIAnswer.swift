import BillingModel
import Database
import Outbox

/// What a route answers, before it becomes an `HTTPResponse`.
package struct APIAnswer: Sendable {
    package var status: Int
    package var contentType: String
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8]
    /// What follows from the commit of the change that this answers; nothing for reads.
    var effects = WriteEffects()

    package init(
        status: Int,
        contentType: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

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

/// What is still to be done for a change once it is committed.
struct WriteEffects: Sendable {
    /// Public id of what the change made, for the audit; nil when the request named it.
    var target: String?
    /// Whose queue has something new.
    var wakes: Set<ConnectionID> = []
    /// A run was ordered, held or let go on.
    var wakesRuns = false
    /// Whose pauses a person ended.
    var resumes: Set<ConnectionID> = []
    /// The body as it is kept for a repetition of the request, where it differs: without secrets.
    var keptBody: [UInt8]?
    /// Whether this is an act of its own, and not a further step of one that is on record.
    var isAudited = true
    /// The answer waits for it, for a short while.
    var awaited: AwaitedOperation?
}

/// An operation at a provider that the caller would like to see done before the answer.
struct AwaitedOperation: Sendable {
    typealias Render = @Sendable (any ReadTransaction) throws(DatabaseError) -> Result<APIAnswer, Problem>

    let operation: OperationID
    let connection: ConnectionID
    /// The answer as things stand when the waiting is over.
    let render: Render
}

/// A change that a route wants, with the words under which it is audited.
struct PendingWrite: Sendable {
    /// Such as `"webhook_event.replay"`.
    let act: StaticString
    /// Public id of what is changed; empty when `change` makes it.
    let target: String
    /// Whose data it is; nil for what belongs to no site.
    var scope: DataScope?
    /// Runs on the writing thread. A problem leaves nothing behind.
    let change: @Sendable (any WriteTransaction) throws(DatabaseError) -> Result<APIAnswer, Problem>
}
