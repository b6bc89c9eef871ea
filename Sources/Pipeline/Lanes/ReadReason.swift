/// Why a read of an object is owed; the weightiest where there are several.
package enum ReadReason: String, Sendable, Hashable, CaseIterable {
    /// An event was missed, but only one end is possible.
    case gap
    /// One of several possible ends was chosen.
    case guess
    /// An event so close to the last read that the read may or may not contain it.
    case near
    /// An event told that the object was deleted.
    case deletion
    /// An event named the object without its state (a thin event).
    case hint
    /// Any event, where everything is confirmed.
    case event
    /// A write of ours whose answer could not be shown, or that was refused.
    case write
    /// Reads that overlapped and differed, one that met an event received after it began, or one that did not find
    /// the object.
    case overlap
    /// A call that nobody ended: what it did, only a read can tell.
    case lost
    /// A run asks.
    case run
    /// Once more after a while, because a provider's copies may lag (R10).
    case settle

    /// Late events may take it back.
    package var isFlag: Bool {
        switch self {
        case .gap, .guess: true
        case .near, .deletion, .hint, .event, .write, .overlap, .lost, .run, .settle: false
        }
    }

    /// Events raised it, or met a read.
    package var isOfEvents: Bool {
        switch self {
        case .gap, .guess, .near, .deletion, .hint, .event, .overlap: true
        case .write, .lost, .run, .settle: false
        }
    }

    /// Readers see a state of which nobody is sure until the read is made.
    package var isProvisional: Bool {
        switch self {
        case .gap, .guess, .near, .deletion, .hint, .overlap: true
        case .event, .write, .lost, .run, .settle: false
        }
    }

    /// Which of two stands: what may be taken back never hides what may not.
    package func joined(by other: ReadReason) -> ReadReason {
        other.weight >= weight ? other : self
    }

    private var weight: Int {
        switch self {
        case .settle: 0
        case .gap, .guess: 1
        case .event, .write, .lost: 2
        case .near, .deletion, .hint: 3
        // What runs ask for, and what their reads leave open, is read under every policy: nothing hides it.
        case .run: 4
        case .overlap: 5
        }
    }
}
