import Glibc

/// What may not be written, and where.
enum TextRules {
    static let linesMax = 400

    struct Ban {
        /// As it stands in code.
        let text: String
        let instead: String
        /// Rooms that may.
        let exceptIn: Set<String>
    }

    static let bans: [Ban] = [
        Ban(text: "print(", instead: "write through Terminal or Logger", exceptIn: []),
        Ban(text: "debugPrint(", instead: "write through Terminal or Logger", exceptIn: []),
        Ban(text: "try!", instead: "handle the error, or say why it cannot be", exceptIn: []),
        Ban(text: "as!", instead: "use as? and say what follows", exceptIn: []),
        Ban(text: "fatalError(", instead: "name the invariant in a precondition", exceptIn: []),
        Ban(text: "clock_gettime(", instead: "take a clock or a Timestamp", exceptIn: ["Timing"]),
        Ban(text: "gettimeofday(", instead: "take a clock or a Timestamp", exceptIn: ["Timing"]),
        Ban(text: "time(nil)", instead: "take a Timestamp", exceptIn: ["Timing"]),
        Ban(text: "Date(", instead: "take a Timestamp", exceptIn: ["Timing"]),
        Ban(text: "ContinuousClock", instead: "take a MonotonicClock", exceptIn: ["Timing"]),
        Ban(text: "SuspendingClock", instead: "take a MonotonicClock", exceptIn: ["Timing"]),
        Ban(text: ".random(", instead: "take a RandomSource", exceptIn: ["Timing"]),
        Ban(text: ".randomElement(", instead: "take a RandomSource", exceptIn: ["Timing"]),
        Ban(text: ".shuffled(", instead: "take a RandomSource", exceptIn: ["Timing"]),
        Ban(text: "SystemRandomNumberGenerator", instead: "take a RandomSource", exceptIn: ["Timing"]),
        Ban(
            text: "getrandom(",
            instead: "take a RandomSource, for secrets SecretRandom",
            exceptIn: ["Timing"]
        ),
        Ban(text: "RAND_bytes(", instead: "use SecretRandom", exceptIn: ["Cryptography"]),
        Ban(text: "RAND_priv_bytes(", instead: "use SecretRandom", exceptIn: ["Cryptography"]),
    ]

    static func banned(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().flatMap { index, line in
            bans.filter { ban in
                !ban.exceptIn.contains(file.room ?? "") && holds(ban.text, in: line.code)
            }.map { ban in
                Violation(
                    path: file.path,
                    line: index + 1,
                    message: "\(ban.text) is not written here: \(ban.instead)"
                )
            }
        }
    }

    /// `FIX` and `ME`, `TO` and `DO`: an open question is an issue, not a comment.
    static func openQuestions(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { index, line in
            let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
            guard let word = words.first(where: { holds($0, in: line.comment) }) else { return nil }
            return Violation(path: file.path, line: index + 1, message: "\(word) belongs into an issue")
        }
    }

    private static let statements = [
        "SELECT ", "INSERT INTO ", "INSERT OR ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "CREATE INDEX ",
        "CREATE UNIQUE INDEX ", "ALTER TABLE ", "DROP TABLE ", "BEGIN IMMEDIATE", "PRAGMA ",
    ]

    /// SQL stands in files that say so by their name.
    static func sql(_ file: SourceFile) -> [Violation] {
        let allowedRooms: Set<String> = ["Schema", "DatabaseSQLite", "tollgate-bench"]
        let stem = file.name.dropLast(".swift".count)
        guard !allowedRooms.contains(file.room ?? ""), !stem.hasSuffix("Table"), !stem.contains("Query")
        else { return [] }
        return file.lines.enumerated().compactMap { index, line in
            guard let statement = statements.first(where: { holds($0, in: line.literal) }) else { return nil }
            let word = statement.split(separator: " ")[0]
            return Violation(
                path: file.path,
                line: index + 1,
                message: "\(word): SQL stands in *Table.swift, *Query.swift, Schema and drivers"
            )
        }
    }

    static func length(_ file: SourceFile) -> [Violation] {
        // The last line is empty when the file ends with a line break, as it should.
        let count =
            file.lines.last.map { $0.code.isEmpty && $0.literal.isEmpty && $0.comment.isEmpty } == true
            ? file.lines.count - 1 : file.lines.count
        guard count > linesMax else { return [] }
        return [
            Violation(
                path: file.path,
                line: linesMax + 1,
                message: "\(count) lines; one concept fits \(linesMax)"
            )
        ]
    }

    /// `@unchecked Sendable` comes with its proof: a comment "Sendable because …" nearby.
    static func unchecked(_ file: SourceFile) -> [Violation] {
        file.lines.enumerated().compactMap { index, line in
            guard holds("@unchecked Sendable", in: line.code) else { return nil }
            let near = file.lines[max(0, index - 4)...min(file.lines.count - 1, index + 4)]
            let isProved = near.contains { line in
                let words = line.comment.lowercased()
                return words.contains("because") || words.contains("only touched")
                    || words.contains("one thread")
                    || words.contains("one at a time")
            }
            return isProved
                ? nil
                : Violation(
                    path: file.path,
                    line: index + 1,
                    message: "@unchecked Sendable without its proof beside it"
                )
        }
    }

    /// Whether `text` stands there and is not the end of a longer word.
    static func holds(_ text: String, in line: String) -> Bool {
        let startsWord = text.first?.isLetter == true || text.first == "_"
        // Bytes, because a String is searched by Character, which takes seconds over the whole house.
        return line.withCString { start in
            var place = start
            while let found = strstr(place, text) {
                let before = UnicodeScalar(UInt8(bitPattern: found == start ? 0 : (found - 1).pointee))
                let continuesWord =
                    startsWord
                    && (before.properties.isAlphabetic || before.properties.numericType != nil
                        || before == "_")
                if !continuesWord { return true }
                place = UnsafePointer(found) + 1
            }
            return false
        }
    }
}
