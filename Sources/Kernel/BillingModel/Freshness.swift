/// How sure the shown state of an object is (DESIGN section 5).
package enum Freshness: String, Sendable, Hashable {
    /// Read from the provider.
    case confirmed
    /// Told by events that link onto a confirmed or first state without gap or guess.
    case chained
    /// Told by events with a gap or a guess between them.
    case provisional
}
