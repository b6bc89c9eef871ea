import Timing

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), kept for the second it is true.
struct HTTPDate {
    private var second = Int64.min
    private(set) var text = [UInt8](repeating: UInt8(ascii: " "), count: ResponseEncoder.dateBytes)

    mutating func update(_ now: Timestamp) {
        let seconds = now.seconds
        guard seconds != second else { return }
        second = seconds
        let rfc3339 = Array(Timestamp(milliseconds: seconds * 1000).rfc3339.utf8)
        // 1970-01-01 was a Thursday.
        let weekday = Int(((seconds / 86_400 + 4) % 7 + 7) % 7)
        let days: [StaticString] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months: [StaticString] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let month = Int(rfc3339[5] - 48) * 10 + Int(rfc3339[6] - 48)
        put(days[weekday], at: 0)
        text[3] = UInt8(ascii: ",")
        text[5] = rfc3339[8]
        text[6] = rfc3339[9]
        put(months[month - 1], at: 8)
        for index in 0..<4 { text[12 + index] = rfc3339[index] }
        for index in 0..<8 { text[17 + index] = rfc3339[11 + index] }
        put("GMT", at: 26)
    }

    private mutating func put(_ word: StaticString, at offset: Int) {
        for index in 0..<3 { text[offset + index] = word.utf8Start[index] }
    }
}
