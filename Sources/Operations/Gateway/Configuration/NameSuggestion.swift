/// Finds what somebody who mistyped a name probably meant.
package enum NameSuggestion {
    /// The nearest of `names`, if it is near enough to be meant; the first of equals.
    package static func nearest(to word: String, among names: [String]) -> String? {
        let wanted = Array(word.lowercased().utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for name in names {
            let distance = editDistance(wanted, Array(name.lowercased().utf8.prefix(64)))
            // A third of the letters may differ: "pubilc" is "public", "foo" is not "log".
            guard distance <= max(1, max(wanted.count, name.utf8.count) / 3) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (name, distance) }
        }
        return best?.name
    }

    /// `did you mean "public"?`, or nil.
    package static func hint(for word: String, among names: [String]) -> String? {
        nearest(to: word, among: names).map { "did you mean \"\($0)\"?" }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var distance = min(
                    last[column + 1] + 1,
                    current[column] + 1,
                    last[column] + (byte == other ? 0 : 1)
                )
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    distance = min(distance, beforeLast[column - 1] + 1)
                }
                current.append(distance)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
