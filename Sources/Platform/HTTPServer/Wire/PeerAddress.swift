/// The address of the other end, without its port.
package enum PeerAddress: Sendable, Hashable {
    case unix
    /// Host byte order.
    case v4(UInt32)
    /// IPv4-mapped addresses (`::ffff:a.b.c.d`) are kept as `.v4`.
    case v6(high: UInt64, low: UInt64)

    package var isLoopback: Bool {
        switch self {
        case .unix: true
        case .v4(let address): address >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    package var text: String {
        switch self {
        case .unix:
            return "unix"
        case .v4(let address):
            return "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
        case .v6(let high, let low):
            return Self.text(
                groups: (0..<8).map { index in
                    UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)))
                }
            )
        }
    }

    /// Reads `1.2.3.4` or `2001:db8::1`; nil for anything else, ports and brackets included.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Self.groups(of: bytes) else { return nil }
            self.init(groups: groups)
        } else {
            guard let address = Self.dotted(bytes[...]) else { return nil }
            self = .v4(address)
        }
    }

    init(groups: [UInt16]) {
        let high = groups[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        // RFC 4291 §2.5.5.2: a dual-stack listener shows IPv4 peers so.
        if high == 0, low >> 32 == 0xFFFF {
            self = .v4(UInt32(truncatingIfNeeded: low))
        } else {
            self = .v6(high: high, low: low)
        }
    }

    private static func dotted(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count) else { return nil }
            var value: UInt32 = 0
            for byte in part {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            }
            guard value < 256 else { return nil }
            address = address << 8 | value
        }
        return address
    }

    private static func groups(of bytes: [UInt8]) -> [UInt16]? {
        var halves: [[UInt16]] = [[]]
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var index = 0
        while index < parts.count {
            let part = parts[index]
            if part.isEmpty {
                // "::" shows as an empty part in the middle, or as two at either end.
                let atStart = index == 0
                let atEnd = index == parts.count - 1
                if atStart || (atEnd && halves.count == 1) {
                    guard index + 1 < parts.count, parts[index + 1].isEmpty else { return nil }
                    index += 1
                } else if atEnd {
                    guard index > 0, parts[index - 1].isEmpty else { return nil }
                    index += 1
                    continue
                }
                guard halves.count == 1 else { return nil }
                halves.append([])
            } else if part.contains(UInt8(ascii: ".")) {
                guard index == parts.count - 1, let address = dotted(part) else { return nil }
                halves[halves.count - 1] += [UInt16(address >> 16), UInt16(address & 0xFFFF)]
            } else {
                guard part.count <= 4 else { return nil }
                var value: UInt16 = 0
                for byte in part {
                    guard let digit = hexadecimalDigit(byte) else { return nil }
                    value = value << 4 | UInt16(digit)
                }
                halves[halves.count - 1].append(value)
            }
            index += 1
        }
        if halves.count == 1 { return halves[0].count == 8 ? halves[0] : nil }
        let missing = 8 - halves[0].count - halves[1].count
        guard missing >= 1 else { return nil }
        return halves[0] + [UInt16](repeating: 0, count: missing) + halves[1]
    }

    /// RFC 5952: the longest run of two or more zero groups becomes "::".
    private static func text(groups: [UInt16]) -> String {
        var longest = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, groups[end] == 0 { end += 1 }
            if end - index > max(1, longest.count) { longest = index..<end }
            index = max(end, index + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return joined(groups[...]) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}
