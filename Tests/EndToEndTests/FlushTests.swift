import Foundation
import Glibc
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A webhook that is answered with 200` {
        private static let strace = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }

        /// Attaches to a process and writes what it asks of the kernel to a file, until that process ends.
        private final class Trace {
            private let process = Process()
            private let file: String

            init?(of processID: Int32, program: String, file: String) async throws {
                self.file = file
                process.executableURL = URL(filePath: program)
                process.arguments = [
                    "-f", "-y", "-s", "32", "-o", file, "-p", "\(processID)",
                    "-e", "trace=fdatasync,fsync,pwrite64,read,recvfrom,sendto,write,writev,sendmsg",
                ]
                let diagnostics = Pipe()
                process.standardError = diagnostics
                try process.run()
                let descriptor = diagnostics.fileHandleForReading.fileDescriptor
                var said = ""
                var chunk = [UInt8](repeating: 0, count: 4096)
                while !said.contains("attached") {
                    let count = Glibc.read(descriptor, &chunk, chunk.count)
                    guard count > 0 else { return nil }
                    said += String(decoding: chunk[..<count], as: UTF8.self)
                }
            }

            /// Waits for the end.
            func lines() throws -> [Substring] {
                process.waitUntilExit()
                return try linesSoFar()
            }

            func linesSoFar() throws -> [Substring] {
                try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            }
        }

        private func trace(of shop: Shop) async throws -> Trace {
            let trace = try await Trace(
                of: shop.gateway.processID,
                program: try #require(Self.strace),
                file: shop.folder.path("trace")
            )
            guard let trace else { try Test.cancel("strace may not attach to a process here") }
            return trace
        }

        @Test(.enabled(if: strace != nil, "strace is not installed"))
        func `was flushed before`() async throws {
            let shop = try await Shop()
            let connection = try shop.connection()
            // The first events on their way open what is opened once.
            #expect(try connection.post(StripeEvent.customer("cus_first", revision: 0)).status == 200)
            let trace = try await trace(of: shop)
            let count = 30
            for place in 0..<count {
                #expect(try connection.post(StripeEvent.customer("cus_f\(place)", revision: 0)).status == 200)
            }
            #expect(await shop.gateway.stop() == 0)
            var flushes = Flushes()
            for line in try trace.lines() { flushes.read(line) }
            #expect(flushes.unflushed == 0)
            #expect(flushes.answers == count)
        }

        @Test(.enabled(if: strace != nil, "strace is not installed"))
        func `stays in the log until the database file is flushed`() async throws {
            let shop = try await Shop()
            let connection = try shop.connection()
            #expect(try connection.post(StripeEvent.customer("cus_first", revision: 0)).status == 200)
            let trace = try await trace(of: shop)
            var begun = 0
            for round in 0..<60 where begun < 2 {
                for place in 0..<10 {
                    let event = StripeEvent.customer("cus_\(round)_\(place)", revision: 0)
                    #expect(try connection.post(event).status == 200)
                }
                // A gateway left quiet copies everything into the file, and the next commit begins the log anew.
                try await Task.sleep(for: .milliseconds(500))
                begun = LogRestarts(of: try trace.linesSoFar()).count
            }
            #expect(await shop.gateway.stop() == 0)
            let restarts = LogRestarts(of: try trace.lines())
            #expect(restarts.count >= 2)
            #expect(restarts.early == 0)
        }

        /// Counts how often the log began anew, and how often before the file's pages were on the disk.
        struct LogRestarts {
            var count = 0
            var early = 0
            private var isFileFlushed = true
            /// Threads inside a flush of the file, until a page is written after its beginning.
            private var flushing: Set<Substring> = []

            init(of lines: [Substring] = []) {
                for line in lines { read(line) }
            }

            mutating func read(_ line: Substring) {
                let thread = line.prefix { $0 != " " }
                if line.contains("pwrite64("), line.contains(".db>") {
                    isFileFlushed = false
                    flushing = []
                } else if line.contains("fdatasync("), line.contains(".db>") {
                    if line.contains("unfinished") {
                        flushing.insert(thread)
                    } else if line.hasSuffix("= 0") {
                        isFileFlushed = true
                    }
                } else if line.contains("fdatasync resumed"), flushing.remove(thread) != nil {
                    if line.hasSuffix("= 0") { isFileFlushed = true }
                } else if line.contains("pwrite64("), line.contains("-wal>"), line.contains(", 32, 0") {
                    count += 1
                    if !isFileFlushed { early += 1 }
                }
            }
        }

        @Test func `is told from one that the log lost too early`() {
            let trace = [
                #"8 pwrite64(4</tmp/shop.db>, "\r\0"..., 4096, 8192) = 4096"#,
                "9 fdatasync(4</tmp/shop.db> <unfinished ...>", "9 <... fdatasync resumed>) = 0",
                #"8 pwrite64(5</tmp/shop.db-wal>, "7\177"..., 32, 0) = 32"#,
            ]
            for (order, early) in [
                ([0, 1, 2, 3], 0), ([0, 3, 1, 2], 1), ([1, 0, 2, 3], 1), ([0, 1, 3, 2], 1),
            ] {
                var restarts = LogRestarts()
                for place in order { restarts.read(Substring(trace[place])) }
                #expect(restarts.count == 1)
                #expect(restarts.early == early, "\(order)")
            }
        }

        /// Reads a trace line by line: a call that others interrupt stands on two lines of its thread.
        struct Flushes {
            var answers = 0
            /// Answers with 200 without a whole flush of the log between the request's arrival and them.
            var unflushed = 0
            private var isRequestIn = false
            private var isFlushed = false
            /// Threads inside a flush of the log that began after the request had arrived.
            private var flushing: Set<Substring> = []

            mutating func read(_ line: Substring) {
                let thread = line.prefix { $0 != " " }
                if line.contains("POST /webhooks/") {
                    (isRequestIn, isFlushed) = (true, false)
                    flushing = []
                } else if line.contains("fdatasync("), line.contains("-wal>"), isRequestIn {
                    if line.contains("unfinished") {
                        flushing.insert(thread)
                    } else if line.hasSuffix("= 0") {
                        isFlushed = true
                    }
                } else if line.contains("fdatasync resumed"), flushing.remove(thread) != nil {
                    if line.hasSuffix("= 0") { isFlushed = true }
                } else if line.contains("\"HTTP/1.1 200") {
                    answers += 1
                    if !isFlushed { unflushed += 1 }
                    isRequestIn = false
                }
            }
        }

        @Test func `is told from one that was flushed too late`() {
            let trace = [
                #"7 recvfrom(9<socket:[1]>, "POST /webhooks/stripe HTTP/1.1\r\n"..., 65536, 0, NULL, NULL) = 900"#,
                "8 fdatasync(5</tmp/shop.db-wal> <unfinished ...>", "7 read(6<anon>, 8) = 8",
                "8 <... fdatasync resumed>) = 0",
                #"7 sendto(9<socket:[1]>, "HTTP/1.1 200 OK\r\nDate: Sat, 21 N"..., 150, MSG_NOSIGNAL, NULL, 0) = 150"#,
            ]
            for (order, unflushed) in [
                ([0, 1, 2, 3, 4], 0), ([1, 3, 0, 4, 2], 1), ([0, 1, 4, 3, 2], 1), ([1, 0, 3, 4], 1),
            ] {
                var flushes = Flushes()
                for place in order { flushes.read(Substring(trace[place])) }
                #expect(flushes.answers == 1)
                #expect(flushes.unflushed == unflushed, "\(order)")
            }
        }
    }
}
