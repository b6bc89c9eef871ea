/// The walk behind `JSONDigest`: one value, or one laid over another.
struct JSONDigestWalk {
    let paths: JSONPathSet

    func digest(_ cursor: JSONCursor, _ index: Int, _ place: Int) -> JSONDigestLanes {
        let token = cursor.tokens[index]
        switch token.kind {
        case JSONToken.null:
            return JSONDigestLanes(.null)
        case JSONToken.boolean:
            return JSONDigestLanes(token.isFlagged ? .yes : .no)
        case JSONToken.number:
            return number(cursor, token)
        case JSONToken.string:
            return text(cursor, token, .string)
        case JSONToken.array:
            var lanes = JSONDigestLanes(.array, UInt64(token.count))
            var element = index &+ 1
            while element < Int(token.next) {
                lanes.mix(digest(cursor, element, place))
                element = Int(cursor.tokens[element].next)
            }
            return lanes
        default:
            var sum = JSONDigestLanes(.object)
            var key = index &+ 1
            while key < Int(token.next) {
                if let member = member(cursor, key, place) { sum.add(member) }
                key = Int(cursor.tokens[key &+ 1].next)
            }
            return JSONDigestLanes(.object).mixed(sum)
        }
    }

    /// Of the lower value as it is, and with the upper one laid over it.
    func pair(
        _ lower: JSONCursor,
        _ lowerIndex: Int,
        _ upper: JSONCursor,
        _ upperIndex: Int,
        _ place: Int
    ) -> (plain: JSONDigestLanes, overlaid: JSONDigestLanes) {
        let token = lower.tokens[lowerIndex]
        guard token.kind == JSONToken.object, upper.tokens[upperIndex].kind == JSONToken.object else {
            return (digest(lower, lowerIndex, place), digest(upper, upperIndex, place))
        }
        var plain = JSONDigestLanes(.object)
        var overlaid = JSONDigestLanes(.object)
        var overlay = JSONOverlayMembers(upper, object: upperIndex)
        var key = lowerIndex &+ 1
        while key < Int(token.next) {
            if let over = overlay.take(key, of: lower) {
                if let place = memberPlace(lower, key, place) {
                    let values = pair(lower, key &+ 1, upper, over, place)
                    let name = text(lower, lower.tokens[key], .key)
                    if lower.tokens[key &+ 1].kind != JSONToken.null { plain.add(name.mixed(values.plain)) }
                    if upper.tokens[over].kind != JSONToken.null { overlaid.add(name.mixed(values.overlaid)) }
                }
            } else if let member = member(lower, key, place) {
                plain.add(member)
                overlaid.add(member)
            }
            key = Int(lower.tokens[key &+ 1].next)
        }
        overlay.forEachLeft { if let member = member(upper, $0, place) { overlaid.add(member) } }
        return (JSONDigestLanes(.object).mixed(plain), JSONDigestLanes(.object).mixed(overlaid))
    }

    /// Nil for one that does not count.
    @inline(__always)
    private func member(_ cursor: JSONCursor, _ key: Int, _ place: Int) -> JSONDigestLanes? {
        // Null equals absent: a removed metadata key is told as null.
        guard cursor.tokens[key &+ 1].kind != JSONToken.null else { return nil }
        guard let place = memberPlace(cursor, key, place) else { return nil }
        return text(cursor, cursor.tokens[key], .key).mixed(digest(cursor, key &+ 1, place))
    }

    @inline(__always)
    private func memberPlace(_ cursor: JSONCursor, _ key: Int, _ place: Int) -> Int? {
        if place == JSONPathSet.outside { return place }
        return cursor.withText(key) { paths.place(of: $0, from: place) }
    }

    @inline(__always)
    private func text(_ cursor: JSONCursor, _ token: JSONToken, _ tag: JSONDigestLanes.Tag) -> JSONDigestLanes
    {
        if token.isFlagged {
            return JSONText.decoded(token, over: cursor.base).withUnsafeBufferPointer { bytes(tag, $0) }
        }
        return bytes(tag, cursor.content(token))
    }

    @inline(__always)
    private func bytes(_ tag: JSONDigestLanes.Tag, _ bytes: UnsafeBufferPointer<UInt8>) -> JSONDigestLanes {
        var lanes = JSONDigestLanes(tag, UInt64(bytes.count))
        lanes.mix(bytes)
        return lanes
    }

    @inline(__always)
    private func number(_ cursor: JSONCursor, _ token: JSONToken) -> JSONDigestLanes {
        let count = Int(token.end &- token.start)
        let text = UnsafeBufferPointer(start: cursor.base + Int(token.start), count: count)
        if token.isFlagged, count <= JSONNumber.integerDigitsMax {
            let negative = text[0] == UInt8(ascii: "-")
            var value: Int64 = 0
            for offset in (negative ? 1 : 0)..<count {
                value = value &* 10 &+ Int64(text[offset] &- UInt8(ascii: "0"))
            }
            return JSONDigestLanes(.integer, UInt64(bitPattern: negative ? 0 &- value : value))
        }
        let number = JSONNumber(text)
        if case .integer(let value) = number { return JSONDigestLanes(.integer, UInt64(bitPattern: value)) }
        return number.canonicalText.withUnsafeBufferPointer { bytes(.decimal, $0) }
    }
}
