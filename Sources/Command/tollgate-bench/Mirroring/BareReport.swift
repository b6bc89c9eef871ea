/// What the bare loop saw; travels as lines of a name and a number.
package struct BareReport: Sendable, Equatable {
    /// Measured ones: the first tenth is not.
    package var calls: UInt64 = 0
    /// Of all calls: those without a 200.
    package var failed: UInt64 = 0
    /// Rows of the pages that the calls brought; none for calls that bring no pages.
    package var objects: UInt64 = 0
    package var elapsedNanoseconds: UInt64 = 0
    package var cpuMicroseconds: UInt64 = 0
    package var residentBytesMax: UInt64 = 0

    package init() {}

    package static let endLine = "end"

    private static var numbers: [(name: String, path: WritableKeyPath<BareReport, UInt64>)] {
        [
            ("calls", \.calls), ("failed", \.failed), ("objects", \.objects),
            ("elapsed_ns", \.elapsedNanoseconds),
            ("cpu_us", \.cpuMicroseconds), ("rss_max", \.residentBytesMax),
        ]
    }

    package var lines: [String] {
        Self.numbers.map { "\($0.name) \(self[keyPath: $0.path])" }
    }

    /// Nil when a line is not one of ours, or one is missing.
    package init?(lines: [String]) {
        guard lines.count == Self.numbers.count else { return nil }
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 2, let value = UInt64(words[1]),
                let number = Self.numbers.first(where: { $0.name == words[0] })
            else { return nil }
            self[keyPath: number.path] = value
        }
    }

    package var callsPerSecond: Double {
        elapsedNanoseconds > 0 ? Double(calls) / (Double(elapsedNanoseconds) / 1e9) : 0
    }

    package var objectsPerSecond: Double {
        elapsedNanoseconds > 0 ? Double(objects) / (Double(elapsedNanoseconds) / 1e9) : 0
    }

    package var cpuMicrosecondsPerCall: Double { calls > 0 ? Double(cpuMicroseconds) / Double(calls) : 0 }
}
