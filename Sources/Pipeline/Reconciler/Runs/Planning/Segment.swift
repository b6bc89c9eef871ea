import BillingModel

/// Seconds of creation, both ends included; nil without an end.
struct CreationRange: Sendable, Hashable {
    var from: Int64?
    var through: Int64?

    var isEmpty: Bool {
        guard let from, let through else { return false }
        return from > through
    }
}

/// A part of a step that is read by itself, and how far it is: row of `reconciliation_segments`.
struct Segment: Sendable, Hashable {
    /// Counts from zero within the run.
    let number: Int64
    var range: CreationRange
    /// The last object that was dealt with, and its second of creation.
    var cursor: ProviderID?
    var cursorCreated: Int64?
    /// Of a walk over rows of ours: all up to here are dealt with, and where it ends.
    var place: Int64
    var placeEnd: Int64?
    /// Pages that were dealt with: the fence that keeps a page from being written twice.
    var pages: Int64
    /// Of a list: objects that its pages have shown since the range began where it does.
    var objects: Int64
    var isDone: Bool

    init(number: Int64, range: CreationRange = CreationRange(), placeEnd: Int64? = nil) {
        self.number = number
        self.range = range
        place = 0
        self.placeEnd = placeEnd
        pages = 0
        objects = 0
        isDone = false
    }

    /// After a page of a list.
    func advanced(past page: PageEnd) -> Segment {
        var next = self
        next.cursor = page.lastID ?? cursor
        next.cursorCreated = page.lastCreated ?? cursorCreated
        next.pages += 1
        next.objects += Int64(page.count)
        next.isDone = !page.hasMore
        return next
    }

    /// The page ends at an object before its last one.
    func ended(early id: ProviderID, created: Int64, leaving count: Int) -> Segment {
        var next = self
        next.cursor = id
        next.cursorCreated = created
        next.objects -= Int64(count)
        next.isDone = false
        return next
    }

    /// The cursor's object is gone: the list is begun again at its second. What was seen of that second comes once
    /// more (provider_api 1.8).
    func withoutCursor() -> Segment {
        var next = self
        next.range.through = [range.through, cursorCreated].compactMap(\.self).min()
        next.cursor = nil
        next.objects = 0
        return next
    }

    /// Gives the older half of what is left to another segment; nil when there is nothing to divide. A first copy
    /// has many segments, so that pages are read side by side.
    ///
    /// - Parameter number: of the new one.
    func divided(number: Int64, oldest: Int64) -> (newer: Segment, older: Segment)? {
        guard !isDone, let newest = cursorCreated else { return nil }
        let from = range.from ?? oldest
        // What was made in the cursor's own second stays with the cursor.
        guard from < newest else { return nil }
        let middle = from + (newest - from) / 2
        guard middle < newest else { return nil }
        var newer = self
        newer.range.from = middle + 1
        let older = Segment(number: number, range: CreationRange(from: range.from, through: middle))
        return (newer, older)
    }
}

/// Where a page of a list ended.
struct PageEnd: Sendable, Hashable {
    let lastID: ProviderID?
    let lastCreated: Int64?
    let hasMore: Bool
    /// Objects that it showed.
    let count: Int
}
