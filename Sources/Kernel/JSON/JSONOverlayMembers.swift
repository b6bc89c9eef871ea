/// The members of an object that is laid over another one, taken away one by one as the lower object's keys
/// are walked, so that what is left over is what only the upper object has.
///
/// Few members are searched in line; more than `linearMax` through a dictionary, so that two large objects
/// written by an adversary still cost linear time.
struct JSONOverlayMembers {
    static let linearMax = 16

    private let cursor: JSONCursor
    private let first: Int
    private let end: Int
    private var taken: UInt64 = 0
    private var byKey: [[UInt8]: Int] = [:]
    private let isLinear: Bool

    init(_ cursor: JSONCursor, object: Int) {
        self.cursor = cursor
        first = object + 1
        end = Int(cursor.tokens[object].next)
        isLinear = cursor.tokens[object].count <= Self.linearMax
        guard !isLinear else { return }
        byKey.reserveCapacity(cursor.tokens[object].count)
        var index = first
        while index < end {
            byKey[JSONText.decoded(cursor.tokens[index], over: cursor.base)] = index + 1
            index = Int(cursor.tokens[index + 1].next)
        }
    }

    /// Index of the value under the key that stands at `key` of `lower`; it is not left over from now on.
    mutating func take(_ key: Int, of lower: JSONCursor) -> Int? {
        guard isLinear else { return byKey.removeValue(forKey: lower.withText(key) { Array($0) }) }
        var index = first
        var bit: UInt64 = 1
        while index < end {
            if cursor.isKey(index, equalTo: key, of: lower) {
                taken |= bit
                return index &+ 1
            }
            index = Int(cursor.tokens[index &+ 1].next)
            bit &<<= 1
        }
        return nil
    }

    /// Calls back with the key's index of every member that nobody took.
    func forEachLeft(_ body: (Int) -> Void) {
        var index = first
        var bit: UInt64 = 1
        while index < end {
            let isLeft: Bool
            if isLinear {
                isLeft = taken & bit == 0
            } else {
                isLeft = byKey[JSONText.decoded(cursor.tokens[index], over: cursor.base)] != nil
            }
            if isLeft { body(index) }
            index = Int(cursor.tokens[index + 1].next)
            bit &<<= 1
        }
    }
}
