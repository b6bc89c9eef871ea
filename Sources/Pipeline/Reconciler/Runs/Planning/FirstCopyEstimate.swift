/// How much a first copy has before it, of which no list tells the length: where a part has been, so many objects were
/// made in so much time; where it is going, as many are guessed. Each part by itself, because years without an object
/// say nothing of the others. Too much at first, when it knows nothing of the years before the first object; better
/// with each part that turns out to be empty.
enum FirstCopyEstimate {
    /// Objects that are left; nil before the first page.
    static func left(_ segments: [Segment], oldest: Int64) -> Int64? {
        var left = 0.0
        var isKnown = false
        for segment in segments {
            guard let reached = segment.cursorCreated, let newest = segment.range.through else { continue }
            isKnown = true
            guard !segment.isDone else { continue }
            let been = max(newest - reached + 1, 1)
            let ahead = max(reached - (segment.range.from ?? oldest), 0)
            left += Double(segment.objects) * Double(ahead) / Double(been)
        }
        // More than any account has, and no trap for the arithmetic.
        return isKnown ? Int64(min(left, 1e15)) : nil
    }

    /// Where a part's objects begin, by its first page: newest as they are, but a few that stand alone do not count.
    ///
    /// - Parameter seconds: of creation, newest first.
    static func beginning(of seconds: [Int64]) -> Int64? {
        guard let newest = seconds.first, let oldest = seconds.last else { return nil }
        let middle = seconds[seconds.count / 2]
        return min(newest, oldest + 2 * max(middle - oldest, 0))
    }
}
