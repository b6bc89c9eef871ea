import Testing

/// Every rule is shown a house in which it is broken, so that a rule that sees nothing is noticed.
@Suite struct `A broken rule is noticed` {
    private func file(_ text: String, path: String = "Sources/Pipeline/Inbox/InboxIntake.swift") -> SourceFile
    {
        SourceFile(path: path, text: text)
    }

    @Test(arguments: [
        "print(\"x\")", "let x = try! y()", "let x = y as! Z", "fatalError()", "let now = Date()",
        "clock_gettime(a, &b)",
        "let n = Int.random(in: 0..<3)", "list.shuffled()", "let t = \"\\(Int.random(in: 1...2))\"",
        "  time(nil)",
    ])
    func `in code`(text: String) {
        #expect(TextRules.banned(file("\n" + text)).map(\.line) == [2])
    }

    @Test(arguments: [
        "// print(1) is banned", "let message = \"print(1)\"", "blueprint(1)", "let x = #\"fatalError()\"#",
        "/* try! /* as! */ fatalError() */", "let x = \"\"\"\n  Date()\n  \"\"\"", "RandomDate()",
        "uptime(nil)",
    ])
    func `but not in words`(text: String) {
        #expect(TextRules.banned(file(text)) == [])
    }

    @Test func `in Timing a clock is read`() {
        #expect(
            TextRules.banned(file("clock_gettime(a, &b)", path: "Sources/Kernel/Timing/WallClock.swift"))
                == []
        )
    }

    @Test func `by SQL in a file that does not say so`() {
        let text = "let a = \"\"\"\n    SELECT id\n    FROM inbox\n    \"\"\""
        #expect(TextRules.sql(file(text)).map(\.line) == [2])
        #expect(TextRules.sql(file(text, path: "Sources/Pipeline/Inbox/InboxTable.swift")) == [])
        #expect(TextRules.sql(file("// SELECT in a comment")) == [])
        #expect(TextRules.sql(file("let hint = \"UPDATED the row\"")) == [])
    }

    @Test func `by a comment that puts work off`() {
        #expect(TextRules.openQuestions(file("let a = 1 // TO" + "DO: b")).map(\.line) == [1])
        #expect(TextRules.openQuestions(file("let a = \"FIX" + "ME\"")) == [])
    }

    @Test func `by a long file`() {
        #expect(TextRules.length(file(String(repeating: "a\n", count: 400))) == [])
        #expect(TextRules.length(file(String(repeating: "a\n", count: 401))).count == 1)
    }

    @Test func `by a Sendable that nobody proved`() {
        #expect(TextRules.unchecked(file("final class A: @unchecked Sendable {\n}")).count == 1)
        #expect(
            TextRules.unchecked(
                file("// Sendable because it has no state.\nfinal class A: @unchecked Sendable {}")
            ) == []
        )
    }

    private let manifest = Manifest(
        text: """
            func room(_ name: String, floor: String, imports: [String] = []) -> Target { }
            targets: [
                system("CSQLite", debian: "libsqlite3-dev"),
                room("Timing", floor: "Kernel", imports: ["Inbox"]),
                room(
                    "Inbox",
                    floor: "Pipeline",
                    imports: ["CSQLite", "Timing"]
                ),
                command("tollgate", imports: ["Inbox", "Nowhere"]),
            ]
            """
    )

    @Test func `by an arrow that leads up, or nowhere`() {
        let violations = ArrowRules.floors(manifest)
        #expect(violations.map(\.line) == [4, 10])
        #expect(violations.first?.message.contains("down only") == true)
        #expect(manifest.closure(of: "tollgate") == ["tollgate", "Inbox", "CSQLite", "Timing", "Nowhere"])
    }

    @Test func `by an import that is not listed`() throws {
        let placard = try #require(Placard(file("// Purpose: x.\n// May import: CSQLite,\n//   Timing.\n")))
        #expect(placard.imports == ["CSQLite", "Timing"])
        let text =
            "import Glibc\nimport Timing\npackage import CSQLite\n@testable import JSON\nimport struct Foundation.URL"
        let violations = ArrowRules.declared(file(text), manifest, placard)
        #expect(violations.map(\.line) == [3, 3, 4, 4])
        #expect(ArrowRules.foundation(file(text), linked: ["Inbox"]).map(\.line) == [5])
    }

    @Test func `by a placard that is missing, incomplete, or differs from the manifest`() throws {
        let room = try #require(manifest.room("Inbox"))
        #expect(ArrowRules.placard(nil, of: room, path: "p").count == 1)
        let placard = Placard(
            file("// Purpose: x.\n// Owns: y.\n// May import: Timing, JSON.\n// Never: z.\n")
        )
        let violations = ArrowRules.placard(placard, of: room, path: "p")
        #expect(
            violations.map(\.message) == [
                "the placard does not say \"Start reading at:\"",
                "CSQLite is in Package.swift but not in the placard",
                "JSON is in the placard but not in Package.swift",
            ]
        )
    }
}
