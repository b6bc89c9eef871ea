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
                addMember(cursor, key, place, to: &sum)
                key = Int(cursor.tokens[key &+ 1].next)
            }
            var lanes = JSONDigestLanes(.object)
            lanes.mix(sum)
            return lanes
        }
    }

    func digest(
        _ lower: JSONCursor,
        _ lowerIndex: Int,
        _ upper: JSONCursor,
        _ upperIndex: Int,
        _ place: Int
    ) -> JSONDigestLanes {
        let token = lower.tokens[lowerIndex]
        guard token.kind == JSONToken.object, upper.tokens[upperIndex].kind == JSONToken.object else {
            return digest(upper, upperIndex, place)
        }
        var sum = JSONDigestLanes(.object)
        var overlay = JSONOverlayMembers(upper, object: upperIndex)
        var key = lowerIndex &+ 1
        while key < Int(token.next) {
            let over = lower.withKey(key) { overlay.take($0) }
            if let over {
                if upper.tokens[over].kind != JSONToken.null, let place = memberPlace(lower, key, place) {
                    var member = text(lower, lower.tokens[key], .key)
                    member.mix(digest(lower, key &+ 1, upper, over, place))
                    sum.add(member)
                }
            } else {
                addMember(lower, key, place, to: &sum)
            }
            key = Int(lower.tokens[key &+ 1].next)
        }
        overlay.forEachLeft { addMember(upper, $0, place, to: &sum) }
        var lanes = JSONDigestLanes(.object)
        lanes.mix(sum)
        return lanes
    }

    @inline(__always)
    private func addMember(_ cursor: JSONCursor, _ key: Int, _ place: Int, to sum: inout JSONDigestLanes) {
        // Null equals absent: a removed metadata key is told as null.
        guard cursor.tokens[key &+ 1].kind != JSONToken.null else { return }
        guard let place = memberPlace(cursor, key, place) else { return }
        var member = text(cursor, cursor.tokens[key], .key)
        member.mix(digest(cursor, key &+ 1, place))
        sum.add(member)
    }

    @inline(__always)
    private func memberPlace(_ cursor: JSONCursor, _ key: Int, _ place: Int) -> Int? {
        if place == JSONPathSet.outside { return place }
        return cursor.withKey(key) { paths.place(of: $0, from: place) }
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
