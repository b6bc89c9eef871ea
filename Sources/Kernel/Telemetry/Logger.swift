import Glibc
import JSON
import Threading
package import Timing

/// Writes one JSON object per line: `time`, `level`, `message`, then the fields.
///
/// Messages are constants, so that a line can be searched for and holds nothing of what a peer sent. Safe from
/// any thread. One write(2) per line of at most `lineBytesMax` bytes, which a pipe takes whole (PIPE_BUF).
package final class Logger: Sendable {
    package static let lineBytesMax = 4096

    package let level: LogLevel
    private let descriptor: Int32
    private let clock: WallClock
    private let repeatsPerSecondMax: Int
    /// By the address of the constant message, so bounded by the number of messages in the code.
    private let repeats = Lock<[UInt: Repeat]>([:])
    private let dropped = Counter()

    private struct Repeat: Sendable {
        let level: LogLevel
        let message: StaticString
        var limit = RepeatLimit()
    }

    /// The descriptor stays the caller's; standard error is 2.
    package init(
        descriptor: Int32,
        level: LogLevel,
        clock: WallClock = .system,
        repeatsPerSecondMax: Int = 5
    ) {
        self.descriptor = descriptor
        self.level = level
        self.clock = clock
        self.repeatsPerSecondMax = repeatsPerSecondMax
    }

    /// Lines that the descriptor did not take.
    package var linesDropped: UInt64 { dropped.value }

    package func emit(_ level: LogLevel, _ message: StaticString, _ fields: [LogField] = []) {
        guard level >= self.level else { return }
        put(level, message, fields, suppressed: 0, now: clock.now())
    }

    /// For what a peer can cause at will, such as refusals: at most `repeatsPerSecondMax` lines of the message
    /// in a second; the next one written says how many were held back (`suppressed`).
    package func emitLimited(_ level: LogLevel, _ message: StaticString, _ fields: [LogField] = []) {
        guard level >= self.level else { return }
        let now = clock.now()
        let key = UInt(bitPattern: message.utf8Start)
        let decision = repeats.withLock { repeats in
            repeats[key, default: Repeat(level: level, message: message)].limit
                .decide(second: now.seconds, perSecondMax: repeatsPerSecondMax)
        }
        switch decision {
        case .write(let suppressed): put(level, message, fields, suppressed: suppressed, now: now)
        case .suppress: break
        }
    }

    /// Writes what was held back and not told yet. For a timer of some seconds, and before exit.
    package func flushSuppressed() {
        let now = clock.now()
        let owed = repeats.withLock { repeats in
            var owed: [(LogLevel, StaticString, UInt64)] = []
            for key in repeats.keys {
                guard let count = repeats[key]?.limit.takeSuppressed(), count > 0, let entry = repeats[key]
                else { continue }
                owed.append((entry.level, entry.message, count))
            }
            return owed
        }
        for (level, message, count) in owed { put(level, message, [], suppressed: count, now: now) }
    }

    private func put(
        _ level: LogLevel,
        _ message: StaticString,
        _ fields: [LogField],
        suppressed: UInt64,
        now: Timestamp
    ) {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.field("time", now.rfc3339)
        writer.field("level", level.rawValue)
        writer.field("message", message.description)
        if suppressed > 0 { writer.field("suppressed", Int64(clamping: suppressed)) }
        for field in fields {
            // A text of 256 bytes is at most six times that once escaped, and the end needs its room.
            guard writer.bytes.count + field.name.utf8CodeUnitCount + 6 * 260 < Self.lineBytesMax else {
                writer.field("truncated", true)
                break
            }
            switch field.value {
            case .text(let text): writer.field(field.name.description, LogRedactor.redacted(text))
            case .integer(let value): writer.field(field.name.description, value)
            case .boolean(let value): writer.field(field.name.description, value)
            }
        }
        writer.endObject()
        write(writer.bytes + [UInt8(ascii: "\n")])
    }

    private func write(_ line: [UInt8]) {
        line.withUnsafeBytes { line in
            var offset = 0
            while offset < line.count {
                let count = Glibc.write(descriptor, line.baseAddress! + offset, line.count - offset)
                if count > 0 {
                    offset += count
                } else if errno != EINTR {
                    // A log that cannot be written is no reason to stop taking webhooks.
                    dropped.add()
                    return
                }
            }
        }
    }
}
