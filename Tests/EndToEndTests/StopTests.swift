import Foundation
import Glibc
import TestSupport
import Testing
import Threading

extension `End to end` {
    @Suite struct `A gateway that is told to stop` {
        @Test(arguments: [SIGTERM, SIGINT])
        func `answers what is in flight, keeps what it answered, and exits with 0`(signal: Int32) async throws
        {
            let folder = try TestFolder()
            let shop = try await Shop(in: folder)
            let port = shop.publicPort
            let accepted = Lock<[String]>([])
            let threads = (0..<4).map { sender in
                WorkerThread.start(name: "sender") {
                    // The connection ends with the gateway.
                    guard let connection = try? RawConnection(port: port) else { return }
                    var number = 0
                    while true {
                        let id = "cus_stop\(sender)x\(number)"
                        // The server stops on purpose: no answer is the end of the loop.
                        guard let answer = try? connection.post(StripeEvent.customer(id, revision: 0)) else {
                            return
                        }
                        if answer.status == 200 { accepted.withLock { $0.append("evt_\(id)_0") } }
                        if answer.headers["connection"] == "close" { return }
                        number += 1
                    }
                }
            }
            // Requests of which half has arrived when the signal comes.
            var halves: [(RawConnection, rest: [UInt8])] = []
            for place in 0..<8 {
                let body = StripeEvent.customer("cus_half\(place)", revision: 0)
                let request = Array(
                    """
                    POST /webhooks/stripe HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\
                    Stripe-Signature: \(StripeEvent.signature(body))\r\n\r\n\(body)
                    """.utf8
                )
                let connection = try shop.connection()
                try connection.send(Array(request.dropLast(100)))
                halves.append((connection, Array(request.suffix(100))))
            }
            let idle = try shop.connection()
            #expect(try idle.request("GET /healthz").status == 200)
            while accepted.withLock({ $0.count }) < 50 { try await Task.sleep(for: .milliseconds(5)) }

            shop.gateway.signal(signal)
            while !shop.gateway.logText.contains("gateway stopping") {
                try await Task.sleep(for: .milliseconds(2))
            }
            // Closed at once when answered, as the answer asks: else the gateway waits a moment for that.
            while let (connection, rest) = halves.popLast() {
                try connection.send(rest)
                #expect(try connection.answer().status == 200)
            }
            #expect(await shop.gateway.exitCode() == 0)
            for thread in threads { thread.join() }
            #expect(throws: RawConnection.Failure.self) { try idle.answer() }
            #expect(throws: RawConnection.Failure.self) { try RawConnection(port: port) }
            #expect(shop.gateway.logText.contains("gateway stopped"))
            for name in ["shop.db-wal", "shop.db.sock"] {
                #expect(!FileManager.default.fileExists(atPath: folder.path(name)), "\(name)")
            }

            let store = try shop.store()
            let stored = Set(try store.rows("SELECT event_id FROM inbox").map { $0[0] })
            #expect(stored.isSuperset(of: accepted.withLock { $0 }))
            #expect(stored.count(where: { $0.contains("half") }) == 8)
            #expect(try store.damage() == [])

            let next = try await Shop(in: folder)
            try await next.drained()
            #expect(try next.store().number("SELECT COUNT(*) FROM inbox WHERE state <> 'applied'") == 0)
            #expect(try next.store().number("SELECT COUNT(*) FROM customers") == stored.count)
            #expect(await next.gateway.stop() == 0)
            for level in ["warning", "error"] {
                #expect(!next.gateway.logText.contains("\"\(level)\""), "\(next.gateway.logText)")
            }
        }
    }
}
