package import Timing

/// How a provider writes a time.
package enum TimestampFormat: String, Sendable, CaseIterable {
    case unixSeconds = "unix-s"
    case unixMilliseconds = "unix-ms"
    /// Up to 11 digits are seconds, more are milliseconds (Mercado Pago sends either).
    case unixAuto = "unix-auto"
    case rfc3339
    /// IMF-fixdate, RFC 9110 §5.6.7.
    case httpDate = "http-date"

    var isNumeric: Bool {
        switch self {
        case .unixSeconds, .unixMilliseconds, .unixAuto: true
        case .rfc3339, .httpDate: false
        }
    }

    /// Numeric formats take 1 to 18 digits and nothing else: no sign, no fraction, no white space.
    package func parse(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        switch self {
        case .unixSeconds: digits(text).flatMap { Timestamp(seconds: $0) }
        case .unixMilliseconds: digits(text).map { Timestamp(milliseconds: $0) }
        case .unixAuto: (text.count <= 11 ? Self.unixSeconds : .unixMilliseconds).parse(text)
        case .rfc3339: Timestamp(rfc3339: String(decoding: text, as: UTF8.self))
        case .httpDate: HTTPDate.parse(text)
        }
    }

    package func parse(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
    }

    /// What the provider would write.
    package func format(_ time: Timestamp) -> String {
        switch self {
        case .unixSeconds: String(time.seconds)
        case .unixMilliseconds, .unixAuto: String(time.milliseconds)
        case .rfc3339: time.rfc3339
        case .httpDate: HTTPDate.format(time)
        }
    }

    private func digits(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard (1...18).contains(text.count) else { return nil }
        var value: Int64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

/// `Mon, 02 Jan 2006 22:04:05 GMT`. The two obsolete forms of RFC 9110 are refused.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func parse(_ text: UnsafeRawBufferPointer) -> Timestamp? {
        let date = Array(String(decoding: text, as: UTF8.self))
        guard date.count == 29, days.contains(String(date[0..<3])),
            let month = months.firstIndex(of: String(date[8..<11]))
        else { return nil }
        let monthDigits = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        // The checks of ranges are RFC 3339's; a time that reads otherwise when written again is refused below.
        let iso = "\(String(date[12..<16]))-\(monthDigits)-\(String(date[5..<7]))T\(String(date[17..<25]))Z"
        guard let time = Timestamp(rfc3339: iso), format(time) == String(date) else { return nil }
        return time
    }

    static func format(_ time: Timestamp) -> String {
        let iso = Array(time.rfc3339)
        let month = Int(String(iso[5..<7])) ?? 1
        // 1970-01-01 was a Thursday.
        let daysSince1970 = (time.seconds - (time.seconds % 86_400 + 86_400) % 86_400) / 86_400
        let weekday = Int((daysSince1970 % 7 + 7) % 7)
        return "\(days[weekday]), \(String(iso[8..<10])) \(months[month - 1]) \(String(iso[0..<4])) "
            + "\(String(iso[11..<19])) GMT"
    }
}
