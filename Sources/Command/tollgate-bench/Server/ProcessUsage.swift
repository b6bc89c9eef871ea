import CLinux
import Glibc

/// What a process has used so far, from `/proc` (proc(5)).
struct ProcessUsage: Sendable {
    /// User and system time of all threads, in microseconds; the kernel counts in ticks of 10 ms.
    var cpuMicroseconds: UInt64 = 0
    var residentBytes: UInt64 = 0
    /// The most that was ever resident.
    var residentBytesMax: UInt64 = 0
    /// Bytes that were caused to be written to disk.
    var writtenBytes: UInt64 = 0
    /// Calls of `write`, `pwrite` and the like.
    var writeCalls: UInt64 = 0

    /// Nil when there is no such process.
    static func of(_ process: Int32) -> ProcessUsage? {
        guard let stat = TextFile.text("/proc/\(process)/stat"),
            let status = TextFile.text("/proc/\(process)/status")
        else { return nil }
        var usage = ProcessUsage()
        // The name in parentheses may hold blanks: count fields from behind it. utime is 14, stime 15.
        let fields =
            stat.split(separator: ")", omittingEmptySubsequences: false).last?.split(separator: " ") ?? []
        if fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12]) {
            usage.cpuMicroseconds = (user + system) * 1_000_000 / UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        }
        usage.residentBytes = (number(after: "VmRSS:", in: status) ?? 0) * 1024
        usage.residentBytesMax = (number(after: "VmHWM:", in: status) ?? 0) * 1024
        // Another user's process hides its input and output; then these stay zero.
        let io = TextFile.text("/proc/\(process)/io") ?? ""
        usage.writtenBytes = number(after: "write_bytes:", in: io) ?? 0
        usage.writeCalls = number(after: "syscw:", in: io) ?? 0
        return usage
    }

    /// Of the process and its children (nginx works in one).
    static func ofTree(_ process: Int32) -> ProcessUsage {
        var total = of(process) ?? ProcessUsage()
        let children = TextFile.text("/proc/\(process)/task/\(process)/children") ?? ""
        for child in children.split(separator: " ") {
            guard let usage = Int32(child).flatMap({ of($0) }) else { continue }
            total.cpuMicroseconds += usage.cpuMicroseconds
            total.residentBytes += usage.residentBytes
            total.residentBytesMax += usage.residentBytesMax
        }
        return total
    }

    static func ownCPUMicroseconds() -> UInt64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let user = UInt64(usage.ru_utime.tv_sec) * 1_000_000 + UInt64(usage.ru_utime.tv_usec)
        return user + UInt64(usage.ru_stime.tv_sec) * 1_000_000 + UInt64(usage.ru_stime.tv_usec)
    }

    private static func number(after name: String, in text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name) {
            let digits = line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
            return UInt64(digits.prefix { $0 >= "0" && $0 <= "9" })
        }
        return nil
    }
}
