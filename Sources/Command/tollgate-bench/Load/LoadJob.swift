/// What a load generator is told to do; travels as one line on its standard input.
package enum LoadJob: Sendable, Equatable {
    /// Posts the birth of every object, as fast as it goes.
    case seed
    /// Posts until `seconds` are over or until told to pause. `ratePerSecond` nil: one request in flight on each
    /// connection, always; else on a schedule, whatever the answers take.
    case run(seconds: Double?, ratePerSecond: Double?, countMax: Int?)

    package static let pauseLine = "pause"

    package var line: String {
        switch self {
        case .seed: "seed"
        case .run(let seconds, let rate, let countMax):
            "run \(seconds ?? 0) \(rate ?? 0) \(countMax ?? 0)"
        }
    }

    package init?(line: String) {
        let words = line.split(separator: " ")
        switch words.first {
        case "seed": self = .seed
        case "run":
            guard words.count == 4, let seconds = Double(words[1]), let rate = Double(words[2]),
                let countMax = Int(words[3])
            else { return nil }
            self = .run(
                seconds: seconds > 0 ? seconds : nil,
                ratePerSecond: rate > 0 ? rate : nil,
                countMax: countMax > 0 ? countMax : nil
            )
        default: return nil
        }
    }
}
