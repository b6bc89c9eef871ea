import Cryptography
import Timing

/// How many HMAC-SHA-256 one core makes in a second.
enum HMACCost {
    static func measure(bytes: Int, seconds: Double, clock: MonotonicClock = .system) -> Double {
        let context = HMACContext(key: HMACKey(Array("whsec_0123456789abcdefghijklmnop".utf8)))
        let message = [UInt8](repeating: 0x5A, count: bytes)
        var tags = 0
        let start = clock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        while clock.nanoseconds() < end {
            for _ in 0..<64 {
                context.start()
                context.update(message)
                _ = context.finish()
            }
            tags += 64
        }
        return Double(tags) / (Double(clock.nanoseconds() - start) / 1e9)
    }
}
