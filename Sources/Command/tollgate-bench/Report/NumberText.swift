/// Numbers for people and for JSON, without a locale.
package enum NumberText {
    /// Rounded to `decimals` digits after the point: `1234.50`.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "0" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e18 else { return "0" }
        let digits = UInt64(scaled)
        let whole = String(digits / UInt64(scale))
        let sign = value < 0 && digits > 0 ? "-" : ""
        guard decimals > 0 else { return sign + whole }
        let fraction = String(digits % UInt64(scale))
        return sign + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// The same with a comma between groups of three digits: `1,234.50`.
    package static func grouped(_ value: Double, decimals: Int) -> String {
        let text = fixed(value, decimals: decimals)
        let whole = text.prefix { $0 != "." }
        var grouped = ""
        for (index, character) in whole.enumerated() {
            let rest = whole.count - index
            if index > 0, rest.isMultiple(of: 3), grouped.last != "-" { grouped.append(",") }
            grouped.append(character)
        }
        return grouped + text.dropFirst(whole.count)
    }
}
