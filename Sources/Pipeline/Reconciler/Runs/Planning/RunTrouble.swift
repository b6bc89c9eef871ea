import Providers
import Timing

/// When a question that got no answer is asked again, when a run gives up, and how much it keeps in memory.
package struct RunPatience: Sendable, Hashable {
    /// So long without one good answer, and the run ends incomplete: a weekend's outage is a person's business.
    var troubleMilliseconds: Int64 = 24 * 3_600_000
    /// From here on an outage is worth a note.
    var noteMilliseconds: Int64 = 60_000
    var baseMilliseconds: Int64 = 500
    var capMilliseconds: Int64 = 60_000
    /// A page, or an object, is read again so often because a list inside an object did not hold; then that object
    /// is left out.
    var innerRestartsMax = 2
    /// So many cursors may die without a page that gets beyond the second in which they did.
    var cursorDeathsMax = 5

    /// So many bytes of objects with long lists inside are kept of one page, and one object more.
    var wholeBytesMax = 8 << 20

    package static let standard = RunPatience()

    /// - Parameters:
    ///   - attempt: counts from one.
    ///   - asked: what the provider asks for at least.
    func delayMilliseconds(afterAttempt attempt: Int, asked: Int64) -> Int64 {
        let doubled = attempt > 16 ? capMilliseconds : baseMilliseconds << Int64(attempt - 1)
        return max(min(doubled, capMilliseconds), asked)
    }
}

/// The words of a run's notes.
enum RunNote {
    static func outage(milliseconds: Int64, since: Timestamp, _ trouble: PageTrouble?) -> String {
        let words = trouble.map { " (\($0.kind.rawValue.replacingUnderscores), \($0.code))" } ?? ""
        return "No usable answer for \(duration(milliseconds)) from \(since.rfc3339)\(words)."
    }

    static func cursorDeath(_ type: String) -> String {
        "The list of \(type) objects was begun again from the last second: its cursor was deleted."
    }

    static func smallerPages(_ type: String, _ count: Int) -> String {
        "Answers to the lists of \(type) objects were too large: for a while they were asked for \(count) at a time."
    }

    static func smallerParts(_ count: Int) -> String {
        "Parts of lists inside objects were too large: for a while they were asked for \(count) at a time."
    }

    static let innerLeftOut =
        "Objects were left out whose invoice lines or subscription items have no end that could be reached."

    static func createdSince(_ time: Timestamp) -> String {
        "Only objects made since \(time.rfc3339) were compared: changes of older ones cannot have been seen."
    }

    static let methodsLeftOut =
        "Payment methods were left out, because none is here yet: ask for scope payment_methods."

    static let findingsCut =
        "More was found than is kept: beyond \(PageWriter.findingsMax) it is only counted."

    static func rateLimited(_ count: Int64) -> String {
        "The provider's rate limit held up \(count) of the questions."
    }

    static func duration(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        if seconds < 120 { return "\(seconds) seconds" }
        return seconds < 7_200 ? "\(seconds / 60) minutes" : "\(seconds / 3_600) hours"
    }
}

extension String {
    fileprivate var replacingUnderscores: String {
        String(map { $0 == "_" ? " " : $0 })
    }
}
