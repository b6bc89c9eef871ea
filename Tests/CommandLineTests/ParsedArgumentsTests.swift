import Testing

@testable import tollgate

@Suite struct `Words on the command line` {
    private let syntax = CommandSyntax(
        "paint",
        summary: "paint something",
        operands: OperandSyntax(name: "WALL", count: 0...2, help: "what to paint"),
        options: [
            .flag("--twice", "two coats"),
            .value("--colour", "NAME", "which one"),
            .value("--room", "NAME", "where", mayRepeat: true),
            .value("--litres", "N", "how much"),
        ]
    )

    private func parse(_ words: String...) throws -> ParsedArguments {
        try ParsedArguments(words, for: syntax)
    }

    @Test func `flags, values and operands stand in any order`() throws {
        let arguments = try parse("north", "--colour", "red", "--twice", "south", "--room=a", "--room", "b")
        #expect(arguments.operands == ["north", "south"])
        #expect(arguments.has("--twice"))
        #expect(arguments.value("--colour") == "red")
        #expect(arguments.values("--room") == ["a", "b"])
        #expect(arguments.value("--litres") == nil)
    }

    @Test func `after two dashes everything is an operand`() throws {
        #expect(try parse("--", "--twice", "-x").operands == ["--twice", "-x"])
    }

    @Test func `a value may begin with dashes behind an equals sign, or be empty`() throws {
        #expect(try parse("--colour=--red").value("--colour") == "--red")
        #expect(try parse("--colour=").value("--colour") == "")
        #expect(try parse("--colour", "-3").value("--colour") == "-3")
    }

    @Test func `help is asked for before anything else is checked`() throws {
        #expect(try parse("a", "b", "c", "--help").wantsHelp)
    }

    @Test(arguments: [
        (["--color", "red"], "did you mean \"--colour\"?"), (["--zzz"], "unknown option --zzz"),
        (["-t"], "unknown option -t"), (["--colour"], "wants a value: --colour NAME"),
        (["--colour", "--twice"], "wants a value"), (["--twice=yes"], "takes no value"),
        (["--help=yes"], "--help takes no value"),
        (["--twice", "--twice"], "stands twice"), (["a", "b", "c"], "\"c\" is one word too many"),
    ])
    func `what is wrong is said, with the usage`(words: [String], part: String) {
        #expect {
            try ParsedArguments(words, for: syntax)
        } throws: { error in
            guard let failure = error as? CommandFailure else { return false }
            return failure.exitCode == 64 && failure.message.contains(part)
                && failure.hint == "usage: \(syntax.usage)"
        }
    }

    @Test func `an operand that is needed is asked for`() {
        let syntax = CommandSyntax("read", summary: "", operands: .one("FILE", ""))
        #expect(
            throws: CommandFailure("read: FILE is missing", hint: "usage: tollgate read FILE", exitCode: 64)
        ) {
            try ParsedArguments([], for: syntax)
        }
    }

    @Test func `the usage shows what cannot be left out`() {
        let syntax = CommandSyntax(
            "mix",
            summary: "",
            options: [
                .value("--of", "NAME", "a colour", mayRepeat: true, isRequired: true),
                .flag("--dry", "no water"),
            ]
        )
        #expect(syntax.usage == "tollgate mix --of NAME… [--dry]")
        #expect(syntax.helpLines.contains { $0.hasSuffix("a colour (required)") })
    }

    @Test(arguments: ["0", "11", "x", "", "+5", "0x5", "5.0", " 5", "99999999999999999999", "٥"])
    func `a number is digits within its range`(word: String) throws {
        let arguments = try parse("--litres=\(word)")
        #expect(throws: CommandFailure.self) { try arguments.integer("--litres", in: 1...10) }
    }

    @Test func `a good number is taken`() throws {
        #expect(try parse("--litres", "007").integer("--litres", in: 1...10) == 7)
        #expect(try parse().integer("--litres", in: 1...10) == nil)
    }

    @Test func `the usage line shows everything`() {
        #expect(
            syntax.usage
                == "tollgate paint [--twice] [--colour NAME] [--room NAME]… [--litres N] [WALL…]"
        )
    }

    @Test func `every command explains itself, and no option twice`() {
        for command in CommandLineTool.commands {
            let syntax = command.syntax
            #expect(!syntax.summary.isEmpty, "\(syntax.name)")
            #expect(Set(syntax.options.map(\.name)).count == syntax.options.count, "\(syntax.name)")
            #expect(
                syntax.options.allSatisfy { $0.name.hasPrefix("--") && !$0.help.isEmpty },
                "\(syntax.name)"
            )
            #expect(
                syntax.helpLines.allSatisfy { $0.count <= 110 || $0.hasPrefix("usage:") },
                "\(syntax.name)"
            )
        }
        let names = CommandLineTool.commands.map(\.syntax.name)
        #expect(Set(names).count == names.count)
    }
}

@Suite struct `Text for people` {
    @Test func `stands in aligned columns without trailing space`() {
        var table = TextTable([("NAME", .left), ("N", .right), ("NOTE", .left)])
        table.add(["ada", "7", ""])
        table.add(["b", "12345", "x"])
        #expect(table.lines == ["NAME      N  NOTE", "ada       7", "b     12345  x"])
    }

    @Test func `cannot move the cursor`() {
        #expect(printable("a\u{1B}[2Jb\r\nc\u{202E}d") == "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}c\u{FFFD}d")
        #expect(printable("Zoë 東京") == "Zoë 東京")
    }

    @Test func `is encoded for a URL byte by byte`() {
        #expect(percentEncoded("a-b_c.d~9") == "a-b_c.d~9")
        #expect(percentEncoded("a b/ö?&=%") == "a%20b%2F%C3%B6%3F%26%3D%25")
    }
}
