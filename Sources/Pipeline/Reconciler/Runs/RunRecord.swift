package import BillingModel
package import Timing

/// Row of `reconciliation_runs`; shown as `rec_…`.
package struct RunID: RawRepresentable, Sendable, Hashable, Comparable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: RunID, right: RunID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Objects of a run, counted once each by what became of them. `seen` counts all that the provider showed.
package struct RunCounters: Sendable, Hashable {
    package var seen: Int64 = 0
    /// Nothing differs that we keep.
    package var equal: Int64 = 0
    /// Dry run: would be repaired or made here.
    package var differing: Int64 = 0
    /// Made what the provider shows, or made here.
    package var repaired: Int64 = 0
    /// Not written, because something newer may have come meanwhile: a read of the object is owed.
    package var raced: Int64 = 0
    /// Here, but in no list: each was asked for by itself.
    package var missing: Int64 = 0
    /// Of the missing, those that the provider has no more; in a dry run those that would be buried.
    package var tombstoned: Int64 = 0
    /// Could not be compared, asked for, or written.
    package var failed: Int64 = 0
    /// Outward: what the provider still lacks. In a dry run what would be queued or is on its way.
    package var queued: Int64 = 0

    package init() {}
}

/// How far a run is, and what held it up.
package struct RunProgress: Sendable, Hashable {
    /// `"customer"`; nil before the first list and after the last one.
    package var currentType: ObjectType?
    package var pages: Int64 = 0
    /// 0 to 1; nil when nothing is known to measure it by, as in a first import.
    package var fractionDone: Double?
    package var rateLimitWaits: Int64 = 0
    package var waitedMilliseconds: Int64 = 0
    package var retries: Int64 = 0
    package var cursorDeaths: Int64 = 0

    package init() {}
}

/// A run as stored.
package struct RunRecord: Sendable, Hashable {
    package let id: RunID
    package let order: RunOrder
    package var state: RunState
    package var counters: RunCounters
    package var progress: RunProgress
    /// How many rows `FindingsTable` has of it.
    package var findings: Int64
    /// Why it is not `completed`, in words; nil while nothing is wrong.
    package var reason: String?
    /// What happened, one sentence each.
    package var notes: [String]
    package let createdAt: Timestamp
    package var startedAt: Timestamp?
    package var updatedAt: Timestamp
    package var endedAt: Timestamp?

    package init(
        id: RunID,
        order: RunOrder,
        state: RunState,
        counters: RunCounters,
        progress: RunProgress,
        findings: Int64,
        reason: String?,
        notes: [String],
        createdAt: Timestamp,
        startedAt: Timestamp?,
        updatedAt: Timestamp,
        endedAt: Timestamp?
    ) {
        self.id = id
        self.order = order
        self.state = state
        self.counters = counters
        self.progress = progress
        self.findings = findings
        self.reason = reason
        self.notes = notes
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.updatedAt = updatedAt
        self.endedAt = endedAt
    }
}
