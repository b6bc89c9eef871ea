/// How far an address reaches, by the registries of RFC 6890 and its successors at IANA.
package enum AddressScope: String, Sendable, CaseIterable {
    case global
    /// RFC 1918, and unique local addresses (RFC 4193).
    case privateNetwork = "private"
    /// 100.64.0.0/10, RFC 6598.
    case sharedNetwork = "shared"
    case loopback
    /// RFC 3927 and fe80::/10; where clouds keep their metadata.
    case linkLocal = "link_local"
    case multicast
    case unspecified
    /// Documentation, benchmarks, tunnels whose end is unknown, and what nobody has assigned.
    case reserved

    /// Four bytes of IPv4 or sixteen of IPv6, in network order; anything else is `reserved`.
    package init(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.init(version4: bytes)
        case 16: self.init(version6: bytes)
        default: self = .reserved
        }
    }

    private init(version4 bytes: [UInt8]) {
        self =
            switch (bytes[0], bytes[1], bytes[2]) {
            case (0, 0, 0) where bytes[3] == 0: .unspecified
            case (0, _, _): .reserved
            case (127, _, _): .loopback
            case (10, _, _), (172, 16...31, _), (192, 168, _): .privateNetwork
            case (100, 64...127, _): .sharedNetwork
            case (169, 254, _): .linkLocal
            case (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113): .reserved
            // RFC 7526: the 6to4 relays' anycast network is given up.
            case (192, 88, 99), (198, 18...19, _): .reserved
            case (224...239, _, _): .multicast
            case (240...255, _, _): .reserved
            case (_, _, _): .global
            }
    }

    private init(version6 bytes: [UInt8]) {
        let isZero = { (range: Range<Int>) in bytes[range].allSatisfy { $0 == 0 } }
        let embedded = Array(bytes[12...])
        switch (bytes[0], bytes[1]) {
        case (0, 0) where isZero(2..<15) && bytes[15] == 0: self = .unspecified
        case (0, 0) where isZero(2..<15) && bytes[15] == 1: self = .loopback
        // ::ffff:a.b.c.d reaches what a.b.c.d reaches.
        case (0, 0) where isZero(2..<10) && bytes[10] == 0xff && bytes[11] == 0xff:
            self.init(version4: embedded)
        // 64:ff9b::a.b.c.d, RFC 6052: a translator leads to a.b.c.d.
        case (0, 0x64) where bytes[2] == 0xff && bytes[3] == 0x9b && isZero(4..<12):
            self.init(version4: embedded)
        case (0xfc...0xfd, _): self = .privateNetwork
        case (0xfe, 0x80...0xbf): self = .linkLocal
        // Once site-local, RFC 3879.
        case (0xfe, 0xc0...0xff): self = .privateNetwork
        case (0xff, _): self = .multicast
        // RFC 3849, RFC 9637: documentation.
        case (0x20, 0x01) where bytes[2] == 0x0d && bytes[3] == 0xb8: self = .reserved
        case (0x3f, 0xff) where bytes[2] & 0xf0 == 0: self = .reserved
        // 2001::/23, RFC 2928: Teredo, benchmarks, ORCHID; 6to4, RFC 3056: an IPv4 address within.
        case (0x20, 0x01) where bytes[2] < 2: self = .reserved
        case (0x20, 0x02): self = .reserved
        case (0x20...0x3f, _): self = .global
        case (_, _): self = .reserved
        }
    }
}
