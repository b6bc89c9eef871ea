extension JSONValue {
    /// The text of `overlay` laid over this value, by the same rule as `JSONDigest.pair`: objects merge
    /// deeply, null in the overlay takes a member away, anything else replaces. Bytes of both are taken over as
    /// they stand. Time is linear in both; call it when the text is needed, not to compare.
    package func merged(overlay: JSONValue) -> [UInt8] {
        document.withCursor { lower in
            overlay.document.withCursor { upper in
                var writer = JSONWriter(capacity: byteRange.count + overlay.byteRange.count)
                JSONOverlay(lower: lower, upper: upper).write(index, overlay.index, to: &writer)
                return writer.bytes
            }
        }
    }
}

private struct JSONOverlay {
    let lower: JSONCursor
    let upper: JSONCursor

    func write(_ lowerIndex: Int, _ upperIndex: Int, to writer: inout JSONWriter) {
        let token = lower.tokens[lowerIndex]
        guard token.kind == JSONToken.object, upper.tokens[upperIndex].kind == JSONToken.object else {
            writer.raw(upper.raw(upperIndex))
            return
        }
        var overlay = JSONOverlayMembers(upper, object: upperIndex)
        writer.beginObject()
        var key = lowerIndex + 1
        while key < Int(token.next) {
            if let over = overlay.take(key, of: lower) {
                if upper.tokens[over].kind != JSONToken.null {
                    writer.key(quoted: lower.raw(key))
                    write(key + 1, over, to: &writer)
                }
            } else {
                writer.key(quoted: lower.raw(key))
                writer.raw(lower.raw(key + 1))
            }
            key = Int(lower.tokens[key + 1].next)
        }
        var left: [Int] = []
        overlay.forEachLeft { left.append($0) }
        for key in left where upper.tokens[key + 1].kind != JSONToken.null {
            writer.key(quoted: upper.raw(key))
            writer.raw(upper.raw(key + 1))
        }
        writer.endObject()
    }
}
