import JSON

/// Puts a signature into a JSON body without touching any other byte of it.
enum SignatureSplice {
    /// `path` leads from `object` to the signature's string, over at most one object in between; what is missing
    /// is made. Nil when something else stands in the way.
    static func insert(_ signature: String, at path: JSONPath, of object: JSONValue, in body: [UInt8])
        -> [UInt8]?
    {
        let quoted = "\"\(signature)\""
        if let present = path.find(in: object) {
            return replace(present.byteRange, by: quoted, in: body)
        }
        let steps = path.text.split(separator: ".").map(String.init)
        guard let name = steps.last, steps.count <= 2 else { return nil }
        guard steps.count == 2 else { return addMember(name, quoted, to: object, in: body) }
        guard let parent = object.member(steps[0]) else {
            return addMember(steps[0], "{\"\(name)\":\(quoted)}", to: object, in: body)
        }
        return addMember(name, quoted, to: parent, in: body)
    }

    private static func addMember(_ name: String, _ text: String, to object: JSONValue, in body: [UInt8])
        -> [UInt8]?
    {
        guard object.kind == .object else { return nil }
        let start = object.byteRange.lowerBound + 1
        return replace(start..<start, by: "\"\(name)\":\(text)" + (object.count > 0 ? "," : ""), in: body)
    }

    private static func replace(_ range: Range<Int>, by text: String, in body: [UInt8]) -> [UInt8] {
        var body = body
        body.replaceSubrange(range, with: Array(text.utf8))
        return body
    }
}
