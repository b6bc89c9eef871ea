/// Where an operation stands. The words are those of the table's CHECK and of the API.
///
///     queued ──first send──▶ sent ──2xx──▶ acknowledged ──read back──▶ done
///        ▲                    │ └──2xx, and its body is the confirmed state──▶ done
///        └──new key, because──┘
///           it had no effect        queued | sent ──permanent──▶ dead ──retry──▶ queued, ──discard──▶ done
///
/// An operation that is leased is one whose lane holds a flight for it (table lane_objects).
package enum OperationState: String, Sendable, CaseIterable {
    /// Never sent under its present key: updates may be merged into it.
    case queued
    /// Its bytes are frozen and may have reached the provider; the outcome is unknown.
    case sent
    /// The provider did it; shown over the confirmed state until a read that began later.
    case acknowledged
    case done
    /// Given up until a person decides.
    case dead

    /// Something is still to be sent.
    package var isOpen: Bool { self == .queued || self == .sent }
    /// Its patch is shown over the confirmed state (R8).
    package var isShown: Bool { isOpen || self == .acknowledged }
}
