import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test func `commas stand where they belong`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("text", "a")
        writer.field("none", nil as String?)
        writer.field("number", 5 as Int64)
        writer.field("flag", false)
        writer.key("list")
        writer.beginArray()
        writer.integer(Int64.min)
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.endArray()
        writer.raw(Array("1.5".utf8))
        writer.endArray()
        writer.key("last")
        writer.null()
        #expect(!writer.isComplete)
        writer.endObject()
        #expect(writer.isComplete)
        let expected =
            #"{"text":"a","none":null,"number":5,"flag":false,"list":[-9223372036854775808,{},[],1.5],"last":null}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `control bytes, quotes and line separators are escaped`() {
        var writer = JSONWriter()
        writer.string("\u{0}\u{8}\t\n\u{C}\r\u{1F}\"\\/\u{7F}é\u{2028}\u{2029}\u{202A}")
        let expected = #""\u0000\b\t\n\f\r\u001f\"\\/\#u{7F}é\u2028\u2029\#u{202A}""#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func `what must be escaped is found wherever it stands among plain characters`() throws {
        for count in 1...20 {
            for place in 0..<count {
                for special in [
                    "\"", "\\", "\n", "\u{1F}", "\u{7F}", "\u{E9}", "\u{2028}", "\u{E9}\u{2029}\"",
                ] {
                    var characters = [String](repeating: "x", count: count)
                    characters[place] = special
                    let text = characters.joined()
                    var writer = JSONWriter()
                    writer.string(text)
                    #expect(!writer.bytes.contains { $0 < 0x20 })
                    let read = try JSONDocument.parse(writer.bytes).root.string
                    #expect(read.map { Array($0.utf8) } == Array(text.utf8), "\(count), \(place), \(special)")
                }
            }
        }
    }

    @Test func `a field from borrowed bytes is written like one from texts`() {
        var (one, other) = (JSONWriter(), JSONWriter())
        one.beginObject()
        other.beginObject()
        for (name, value) in [("a", "b"), ("", ""), ("q\"", "\\\n\u{E9}")] {
            one.field(name, value)
            Array(name.utf8).withUnsafeBufferPointer { name in
                Array(value.utf8).withUnsafeBufferPointer { other.field(name, $0) }
            }
        }
        one.endObject()
        other.endObject()
        #expect(one.bytes == other.bytes)
    }

    @Test func `what is written reads back the same`() throws {
        for seed in 0..<UInt64(TestLength.isLong ? 20_000 : 1_500) {
            var random = RandomJSON(seed: seed)
            let tree = random.tree(depth: 6)
            var writer = JSONWriter()
            RandomJSON.write(tree, to: &writer)
            #expect(writer.isComplete)
            let written = try JSONDocument.parse(writer.bytes).root
            let noted = try JSONDocument.parse(Array(random.text(of: tree, isOther: true).utf8)).root
            #expect(written.canonicalBytes == noted.canonicalBytes, "seed \(seed)")
            #expect(try rewritten(written).canonicalBytes == written.canonicalBytes, "seed \(seed)")
        }
    }

    /// Through every accessor and back.
    private func rewritten(_ value: JSONValue) throws -> JSONValue {
        var writer = JSONWriter()
        func write(_ value: JSONValue) throws {
            switch value.kind {
            case .null: writer.null()
            case .boolean: writer.boolean(value.boolean == true)
            case .number:
                if let integer = value.integer {
                    writer.integer(integer)
                } else {
                    writer.raw(try #require(value.numberText).utf8)
                }
            case .string: writer.string(try #require(value.string))
            case .array:
                writer.beginArray()
                for element in value.elements { try write(element) }
                writer.endArray()
            case .object:
                writer.beginObject()
                for member in value.members {
                    writer.key(member.key)
                    try write(value.member(member.key) ?? member.value)
                }
                writer.endObject()
            }
        }
        try write(value)
        return try JSONDocument.parse(writer.bytes).root
    }

    @Test func `an order that JSON does not know stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginObject()
            writer.string("a value without a key")
        }
        await #expect(processExitsWith: .failure) {
            var writer = JSONWriter()
            writer.beginArray()
            writer.endObject()
        }
    }
}
