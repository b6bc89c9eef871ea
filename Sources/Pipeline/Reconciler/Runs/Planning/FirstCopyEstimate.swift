/// How much a first copy has before it, of which no list tells the length: where it has been, so many objects were made in
/// so much time; where it is going, as many are guessed. Too much at first, when it knows nothing of the years before the
/// first object; better with each part that turns out to be empty.
enum FirstCopyEstimate {
    /// Objects that are left; nil before the first page.
    static func left(_ segments: [Segment], oldest: Int64) -> Int64? {
        var pages: Int64 = 0
        var been: Int64 = 0
        var ahead: Int64 = 0
        for segment in segments {
            guard let reached = segment.cursorCreated, let newest = segment.range.through else { continue }
            pages += segment.pages
            been += newest - reached + 1
            if !segment.isDone { ahead += max(reached - (segment.range.from ?? oldest), 0) }
        }
        guard been > 0 else { return nil }
        return Int64(Double(pages) * 100 * Double(ahead) / Double(been))
    }
}
