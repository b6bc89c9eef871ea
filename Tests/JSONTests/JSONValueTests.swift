import JSON
import Testing

@Suite struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue {
        try JSONDocument.parse(Array(text.utf8)).root
    }

    @Test func `members are found by name and decoded on demand`() throws {
        let text = #"{"id":"cus_1","n":-12,"d":1.50,"t":true,"z":null,"l":[1,"a",{}],"o":{"k":"v"}}"#
        let root = try parse(text)
        #expect(root.kind == .object)
        #expect(root.count == 7)
        #expect(root["id"]?.string == "cus_1")
        #expect(root["n"]?.integer == -12)
        #expect(root["d"]?.integer == nil)
        #expect(root["d"]?.numberText == "1.50")
        #expect(root["t"]?.boolean == true)
        #expect(root["z"]?.isNull == true)
        #expect(root["absent"] == nil)
        #expect(root["id"]?["deeper"] == nil)
        #expect(root["l"]?.count == 3)
        #expect(root["l"]?.elements.map(\.kind) == [.number, .string, .object])
        #expect(root.member("o")?.member("k")?.string == "v")
        #expect(root.members.map(\.key) == ["id", "n", "d", "t", "z", "l", "o"])
        #expect(Array(root["id"]!.elements).isEmpty)
        #expect(root["l"]?.rawBytes == Array(#"[1,"a",{}]"#.utf8))
    }

    @Test func `integers are exact over the whole range and nothing beyond`() throws {
        #expect(try parse("9223372036854775807").integer == .max)
        #expect(try parse("-9223372036854775808").integer == .min)
        #expect(try parse("9223372036854775808").integer == nil)
        #expect(try parse("9223372036854775808").numberText == "9223372036854775808")
        #expect(try parse("1e3").integer == nil)
        #expect(try parse("1.0").integer == nil)
        #expect(try parse("-0").integer == 0)
    }

    @Test func `escapes decode to the characters they mean`() throws {
        let root = try parse(#"["\"\\\/\b\f\n\r\t","\u0041\u00e9\u20AC\ud83d\ude00","\u0000"]"#)
        let texts = root.elements.map { $0.string ?? "" }
        #expect(texts[0] == "\"\\/\u{8}\u{C}\n\r\t")
        #expect(texts[1] == "Aé€😀")
        #expect(Array(texts[2].utf8) == [0])
        #expect(root.elements.map(\.containsNUL) == [false, false, true])
    }

    @Test func `texts are lent with their escapes resolved, other values as they stand`() throws {
        let text = #"{"a\u0062":"c\n","":-1.50,"x":true,"y":null,"z":[1, 2]}"#
        let root = try JSONDocument.parse(Array(text.utf8)).root
        var lent: [[String]] = []
        root.forEachMember { key, value in
            lent.append([
                String(decoding: key, as: UTF8.self), value.withUTF8 { String(decoding: $0, as: UTF8.self) },
            ])
        }
        #expect(lent == [["ab", "c\n"], ["", "-1.50"], ["x", "true"], ["y", "null"], ["z", "[1, 2]"]])
        root["z"]?.forEachMember { _, _ in Issue.record("an array has no members") }
    }

    @Test func `every member of a wide object is found, and no other`() throws {
        let names = (0..<300).map { String(repeating: "k", count: $0 % 20) + "\($0)" }
        let text = "{" + names.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}"
        let root = try JSONDocument.parse(Array(text.utf8)).root
        for name in names {
            #expect(root.member(name)?.string == name)
            #expect(root.member(name + "x") == nil)
        }
    }

    @Test func `names are compared as bytes after unescaping`() throws {
        let root = try parse(#"{"caf\u00e9":1,"cafe\u0301":2}"#)
        #expect(root.member("caf\u{E9}")?.integer == 1)
        #expect(root.member("cafe\u{301}")?.integer == 2)
        #expect(root["caf\u{E9}"]?.integer == 1)
    }
}
