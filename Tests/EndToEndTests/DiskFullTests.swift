import Foundation
import Glibc
import TestSupport
import Testing

extension `End to end` {
    @Suite struct `A full disk` {
        /// A file system of a few megabytes; gone when the last owner lets go of it.
        private final class SmallDisk {
            let folder: TestFolder

            init?(bytes: Int) throws {
                folder = try TestFolder()
                guard mount("tmpfs", folder.url.path(), "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
            }

            deinit {
                umount2(folder.url.path(), Int32(MNT_DETACH))
            }

            /// Writes a file until no more than `spared` bytes are left.
            func fill(sparing spared: Int = 0) throws {
                let descriptor = open(folder.path("filler"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
                guard descriptor >= 0 else { throw StoreFile.Failure(message: "filler: \(errno)") }
                defer { close(descriptor) }
                let block = [UInt8](repeating: 0, count: 4096)
                while write(descriptor, block, block.count) > 0 {}
                guard errno == ENOSPC else { throw StoreFile.Failure(message: "filler: \(errno)") }
                ftruncate(descriptor, lseek(descriptor, 0, SEEK_END) - off_t(spared))
            }

            func makeRoom() throws {
                try FileManager.default.removeItem(atPath: folder.path("filler"))
            }
        }

        private static let mayMount: Bool = {
            // Without the right to mount there is nothing to test with.
            (try? SmallDisk(bytes: 65_536)) ?? nil != nil
        }()

        @Test(.enabled(if: mayMount, "mount(2) of a tmpfs is not permitted here"))
        func `is answered with 503, loses nothing, and heals when there is room`() async throws {
            let disk = try #require(try SmallDisk(bytes: 8 << 20))
            let shop = try await Shop(in: disk.folder)
            let connection = try shop.connection()
            let padding = String(repeating: "x", count: 3_000)
            var revision = 0
            var accepted: [String] = []
            func post() throws -> RawConnection.Answer {
                let body = StripeEvent.customer(
                    "cus_full",
                    revision: revision,
                    more: "\"padding\":\"\(padding)\","
                )
                let answer = try connection.post(body)
                if answer.status == 200 {
                    accepted.append("evt_cus_full_\(revision)")
                    revision += 1
                }
                return answer
            }

            for round in 1...3 {
                for _ in 1...20 { #expect(try post().status == 200) }
                try disk.fill()
                var refusal: RawConnection.Answer?
                // The log may hold room from before; it is used up first.
                for _ in 1...2_000 where refusal == nil {
                    let answer = try post()
                    if answer.status != 200 { refusal = answer }
                }
                let refused = try #require(refusal)
                #expect(refused.status == 503, "round \(round)")
                #expect(refused.headers["retry-after"] != nil)
                #expect(refused.code == "store_unavailable")
                for _ in 1...5 { #expect(try post().status == 503) }
                #expect(shop.gateway.isRunning)
                // Reading goes on.
                #expect(try shop.get("/healthz").status == 200)
                #expect(try shop.get("/metrics").status == 200)
                // Whoever looks only there learns it, and why.
                let lines = shop.gateway.logText.split(separator: "\n")
                #expect(lines.contains { $0.contains("events could not be stored") && $0.contains("full") })

                try disk.makeRoom()
                var answer = try post()
                // The writer rests for some milliseconds after a failure.
                for _ in 1...1_000 where answer.status != 200 {
                    try await Task.sleep(for: .milliseconds(5))
                    answer = try post()
                }
                #expect(answer.status == 200, "round \(round)")
                try await shop.drained()
            }
            let store = try shop.store()
            let stored = Set(try store.rows("SELECT event_id FROM inbox").map { $0[0] })
            #expect(stored.isSuperset(of: accepted))
            #expect(try store.number("SELECT COUNT(*) FROM inbox WHERE state <> 'applied'") == 0)
            #expect(try shop.metric("tollgate_inbox_dead") == 0)
            #expect(await shop.gateway.stop() == 0)
            #expect(try shop.store().damage() == [])
        }

        @Test(.enabled(if: mayMount, "mount(2) of a tmpfs is not permitted here"))
        func `does not keep the gateway from stopping`() async throws {
            let disk = try #require(try SmallDisk(bytes: 8 << 20))
            let first = try await Shop(in: disk.folder, ["--accept-only"])
            let connection = try first.connection()
            let count = 300
            for place in 0..<count {
                #expect(
                    try connection.post(StripeEvent.customer("cus_full\(place)", revision: 0)).status == 200
                )
            }
            #expect(await first.gateway.stop() == 0)

            // Room to open the store, and not to apply what it holds.
            try disk.fill(sparing: 160 << 10)
            let second = try await Shop(in: disk.folder)
            var status = 200
            for _ in 1...2_000 where status == 200 {
                status = try second.connection().post(StripeEvent.customer("cus_more", revision: 0)).status
            }
            #expect(status == 503)
            #expect(try second.store().pending() > 0)
            #expect(await second.gateway.stop() == 0)

            try disk.makeRoom()
            let third = try await Shop(in: disk.folder)
            try await third.drained()
            #expect(try third.store().number("SELECT COUNT(*) FROM customers") >= count)
            #expect(await third.gateway.stop() == 0)
            #expect(try third.store().damage() == [])
        }
    }
}
