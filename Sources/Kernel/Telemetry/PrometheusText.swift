/// Writes metrics in Prometheus' text format 0.0.4
/// (prometheus.io/docs/instrumenting/exposition_formats).
///
/// Families are written one after the other, each name once.
package struct PrometheusText: Sendable {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var bytes: [UInt8] = []

    package init() {
        bytes.reserveCapacity(16_384)
    }

    /// A label's values must come from a small, known set: endpoints, states, reasons; never ids.
    package typealias Labels = [(name: StaticString, value: String)]

    /// By convention a counter's name ends in `_total`.
    package mutating func counter(_ name: StaticString, _ help: StaticString, _ value: UInt64) {
        counter(name, help, [([], value)])
    }

    package mutating func counter(
        _ name: StaticString,
        _ help: StaticString,
        _ samples: [(labels: Labels, value: UInt64)]
    ) {
        begin(name, help, type: "counter")
        for sample in samples { line(name, suffix: "", sample.labels, "\(sample.value)") }
    }

    package mutating func gauge(_ name: StaticString, _ help: StaticString, _ value: Int64) {
        gauge(name, help, [([], value)])
    }

    package mutating func gauge(
        _ name: StaticString,
        _ help: StaticString,
        _ samples: [(labels: Labels, value: Int64)]
    ) {
        begin(name, help, type: "gauge")
        for sample in samples { line(name, suffix: "", sample.labels, "\(sample.value)") }
    }

    /// A total or an age in seconds, given in nanoseconds.
    package mutating func seconds(
        _ name: StaticString,
        _ help: StaticString,
        isCounter: Bool,
        nanoseconds: UInt64
    ) {
        begin(name, help, type: isCounter ? "counter" : "gauge")
        line(name, suffix: "", [], Self.secondsText(nanoseconds))
    }

    /// In seconds, with buckets at the powers of two from 16 µs to 67 s. By convention the name ends in
    /// `_seconds`.
    package mutating func histogram(
        _ name: StaticString,
        _ help: StaticString,
        _ samples: [(labels: Labels, snapshot: LatencySnapshot)]
    ) {
        begin(name, help, type: "histogram")
        for (labels, snapshot) in samples {
            for exponent in 4...26 {
                let bound = Self.secondsText((1 << UInt64(exponent)) * 1000)
                let count = snapshot.countWithin(microsecondsLog2: exponent)
                line(name, suffix: "_bucket", labels + [("le", bound)], "\(count)")
            }
            line(name, suffix: "_bucket", labels + [("le", "+Inf")], "\(snapshot.count)")
            line(name, suffix: "_sum", labels, Self.secondsText(snapshot.sumNanoseconds))
            line(name, suffix: "_count", labels, "\(snapshot.count)")
        }
    }

    package mutating func histogram(
        _ name: StaticString,
        _ help: StaticString,
        _ snapshot: LatencySnapshot
    ) {
        histogram(name, help, [([], snapshot)])
    }

    /// Decimal seconds without trailing zeros: `0.000016`.
    static func secondsText(_ nanoseconds: UInt64) -> String {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest > 0 else { return "\(seconds)" }
        let digits = "\(rest)"
        var fraction = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(seconds).\(fraction)"
    }

    private mutating func begin(_ name: StaticString, _ help: StaticString, type: StaticString) {
        bytes += "# HELP \(name) ".utf8
        appendEscaped(help.description, quotes: false)
        bytes += "\n# TYPE \(name) \(type)\n".utf8
    }

    private mutating func line(
        _ name: StaticString,
        suffix: StaticString,
        _ labels: Labels,
        _ value: String
    ) {
        bytes += "\(name)\(suffix)".utf8
        if !labels.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            for (index, label) in labels.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += "\(label.name)=\"".utf8
                appendEscaped(label.value, quotes: true)
                bytes.append(UInt8(ascii: "\""))
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes += " \(value)\n".utf8
    }

    /// Help texts escape backslash and line feed, label values the double quote as well.
    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: bytes += "\\\"".utf8
            default: bytes.append(byte)
            }
        }
    }
}
