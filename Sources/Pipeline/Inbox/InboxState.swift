/// Where a stored event stands. The words are those of the table's CHECK and of the API.
///
///     received ──applied──▶ applied         waiting ──retry due──▶ applied | waiting | dead
///        └──failed──▶ waiting               dead ──retry──▶ received,  ──discard──▶ ignored
///
/// `leased` is for engines whose appliers run in other processes; with the one writing thread of SQLite an
/// event is taken and settled in one transaction, which is a stronger fence than a lease.
package enum InboxState: String, Sendable, CaseIterable {
    case received
    case leased
    case waiting
    case applied
    case ignored
    case dead
}
