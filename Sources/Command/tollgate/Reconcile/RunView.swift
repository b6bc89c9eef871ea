import JSON
import Timing

/// A reconciliation as the API shows it, in the words of the command line.
struct RunView {
    let json: JSONValue

    var id: String { text(json["id"]) }
    var state: String { text(json["state"]) }
    var seen: Int64 { counter("seen") }
    var isDry: Bool { json["mode"]?.string == "dry_run" }
    var isOver: Bool { !["planned", "running", "paused"].contains(state) }

    /// 0 to 1; nil when there is nothing to measure it by.
    var fractionDone: Double? {
        json["progress"]?["fraction_done"]?.numberText.flatMap { Double($0) }
    }

    func counter(_ name: String) -> Int64 { json["counters"]?.member(name)?.integer ?? 0 }

    private func progress(_ name: String) -> Int64 { json["progress"]?.member(name)?.integer ?? 0 }

    /// Objects that were not, or are not yet, the same on both sides.
    var differences: Int64 {
        counter("differing") + counter("repaired") + counter("raced") + counter("tombstoned")
            + counter("queued")
    }

    /// Of those, what is not mended: all in a dry run; else what is owed to the provider or has to be read again.
    var left: Int64 {
        isDry ? differences : counter("raced") + counter("queued")
    }

    /// 0 clean within its scope, 1 differences left, 2 not done.
    var exitCode: Int32 {
        guard state == "completed" else { return ReconcileCommands.notDone }
        return left == 0 ? ExitCode.success : ExitCode.failure
    }

    // MARK: Lines

    /// Such as `subscription  41 pages  4,100 objects  812/s  3 differ  61 %  about 3 s left`.
    func line(_ speed: RunSpeed) -> String {
        var parts = [state == "running" ? text(json["progress"]?["current_type"]) : state]
        if parts[0] == "-" { parts[0] = "running" }
        parts.append(counted(progress("pages"), "page"))
        parts.append(counted(seen, "object"))
        if let rate = speed.objectsPerSecond { parts.append("\(grouped(Int64(rate)))/s") }
        parts.append(differences == 1 ? "1 differs" : "\(grouped(differences)) differ")
        if counter("failed") > 0 { parts.append("\(grouped(counter("failed"))) failed") }
        if let waits { parts.append(waits) }
        if let fractionDone { parts.append("\(Int(fractionDone * 100)) %") }
        if state == "running", let seconds = speed.secondsLeft(seen: seen, fractionDone: fractionDone) {
            // An estimate has no tenths.
            parts.append(
                "about \(seconds < 10 ? "\(seconds) s" : duration(milliseconds: seconds * 1_000)) left"
            )
        }
        return parts.joined(separator: "  ")
    }

    private var waits: String? {
        let count = progress("rate_limit_waits")
        let waited = progress("waited_ms")
        guard count > 0 || waited >= 1_000 else { return nil }
        return "\(counted(count, "rate-limit wait")), \(duration(milliseconds: waited)) waited"
    }

    /// What stands under the table at the end.
    var summary: [String] {
        var lines: [String] = []
        var first = "\(id) \(state)"
        if let time = milliseconds {
            first += " in \(duration(milliseconds: time))"
            first += ": \(counted(seen, "object")), \(counted(progress("pages"), "page"))"
            // Of less than a second a rate says nothing.
            if time >= 1_000 { first += ", \(grouped(seen * 1_000 / time)) objects/s" }
        }
        lines.append(first)
        if let reason = json["reason"]?.string { lines.append(printable(reason)) }
        if let notes = json["notes"] { lines += notes.elements.map { printable(text($0)) } }
        if seen > 0 || differences > 0 || counter("failed") > 0 { lines.append(counters) }
        return lines
    }

    private var counters: String {
        var parts = ["\(grouped(counter("equal"))) equal"]
        let dry = isDry
        for (name, words) in [
            ("differing", "would be made or repaired here"), ("repaired", "made or repaired here"),
            ("tombstoned", dry ? "gone at the provider" : "gone at the provider and buried here"),
            ("queued", dry ? "not at the provider yet" : "on the way to the provider"),
            ("raced", "changed meanwhile, to be read again"), ("failed", "failed"),
        ] where counter(name) > 0 {
            parts.append("\(grouped(counter(name))) \(words)")
        }
        if let waits { parts.append(waits) }
        return parts.joined(separator: ", ")
    }

    private var milliseconds: Int64? {
        guard let from = time("started_at"), let to = time("ended_at") ?? time("updated_at") else {
            return nil
        }
        return to.milliseconds(since: from)
    }

    private func time(_ name: String) -> Timestamp? {
        json.member(name)?.string.flatMap { Timestamp(rfc3339: $0) }
    }

    // MARK: Findings

    private static let cellMax = 36

    static func table(_ findings: [JSONValue]) -> [String] {
        guard !findings.isEmpty else { return [] }
        var table = TextTable([
            ("OBJECT", .left), ("ID", .left), ("FIELD", .left), ("HERE", .left), ("PROVIDER", .left),
            ("ACTION", .left),
        ])
        for finding in findings {
            table.add([
                text(finding["object"]), text(finding["id"]), text(finding["field"]), cell(finding["local"]),
                cell(finding["remote"]), text(finding["action"]),
            ])
        }
        return table.lines
    }

    private static func cell(_ value: JSONValue?) -> String {
        let whole = text(value)
        return whole.count <= cellMax ? whole : whole.prefix(cellMax - 1) + "…"
    }
}

/// How fast a run is, from what was seen of it while somebody watched.
struct RunSpeed {
    // Long enough for a page that takes a second, short enough to notice a storm of 429s.
    private static let windowMilliseconds: Int64 = 10_000

    private var samples: [(at: Timestamp, seen: Int64)] = []

    mutating func add(seen: Int64, at now: Timestamp) {
        samples.append((now, seen))
        while samples.count > 2, now.milliseconds(since: samples[1].at) >= Self.windowMilliseconds {
            samples.removeFirst()
        }
    }

    /// Nil before a second has been watched.
    var objectsPerSecond: Double? {
        guard let first = samples.first, let last = samples.last else { return nil }
        let time = last.at.milliseconds(since: first.at)
        guard time >= 1_000 else { return nil }
        return Double(max(last.seen - first.seen, 0)) * 1_000 / Double(time)
    }

    /// At this speed.
    func secondsLeft(seen: Int64, fractionDone: Double?) -> Int64? {
        guard let rate = objectsPerSecond, rate > 0, let fractionDone, fractionDone > 0, seen > 0 else {
            return nil
        }
        let seconds = Double(seen) * (1 - fractionDone) / fractionDone / rate
        return seconds < 1e7 ? Int64(seconds.rounded(.up)) : nil
    }
}

/// `1,234,567`.
func grouped(_ number: Int64) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}

/// `1 page`, `1,200 pages`.
func counted(_ number: Int64, _ word: String) -> String {
    "\(grouped(number)) \(word)\(number == 1 ? "" : "s")"
}

/// `0.4 s`, `12 s`, `3 min`, `2 h 5 min`.
func duration(milliseconds: Int64) -> String {
    if milliseconds < 10_000 { return "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s" }
    let seconds = milliseconds / 1_000
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 7_200 { return "\(seconds / 60) min" }
    return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
}
