import API
import Database
import DatabaseSQLite
import HTTPServer
import Testing
import Threading
import Timing

@Suite struct HealthTests {
    let harness: Harness

    init() throws {
        harness = try Harness()
    }

    @Test func `health needs no key`() throws {
        for target in ["/healthz", "/readyz"] {
            let answer = harness.get(target, key: nil)
            #expect(answer.status == 200)
            #expect(try answer.field("status") == "ok")
            #expect(answer.headerValue("Request-Id") != nil)
        }
    }

    @Test func `unready says why, and is still alive`() throws {
        harness.unreadiness.withLock { $0 = "draining" }
        let answer = harness.get("/readyz", key: nil)
        #expect(answer.status == 503)
        #expect(try answer.field("reason") == "draining")
        #expect(answer.headerValue("Retry-After") == "1")
        #expect(harness.get("/healthz", key: nil).status == 200)
    }

    @Test func `health takes no other method`() {
        let answer = harness.call(APICall(.post, "/readyz"))
        #expect(answer.status == 405)
        #expect(answer.headerValue("Allow") == "GET, HEAD")
    }

    @Test func `probes are asked in order and the first trouble is told`() {
        let states = Lock((draining: false, readable: true, answering: true, full: false))
        let probes = ReadinessProbes(
            isDraining: { states.withLock { $0.draining } },
            isStoreReadable: { states.withLock { $0.readable } },
            isWriterAnswering: { states.withLock { $0.answering } },
            isIntakeQueueFull: { states.withLock { $0.full } }
        )
        #expect(probes.unreadiness() == nil)
        states.withLock { $0.full = true }
        #expect(probes.unreadiness() == "intake_queue_full")
        states.withLock { $0.answering = false }
        #expect(probes.unreadiness() == "writer_not_answering")
        states.withLock { $0.readable = false }
        #expect(probes.unreadiness() == "store_unreadable")
        states.withLock { $0.draining = true }
        #expect(probes.unreadiness() == "draining")
    }

    @Test func `a writer that answers is seen, one that is stuck or stopped too`() throws {
        let time = Lock<UInt64>(0)
        let pulse = WriterPulse(database: harness.database, clock: MonotonicClock { time.withLock { $0 } })
        #expect(pulse.isAnswering())
        try harness.write { _ throws(DatabaseError) in }
        #expect(pulse.isAnswering())
        try harness.write { _ throws(DatabaseError) in }

        let release = EventSignal()
        harness.database.submitWrite { _ throws(DatabaseError) in
            release.wait(milliseconds: 60_000)
        } completion: { _ in
        }
        #expect(pulse.isAnswering())
        time.withLock { $0 = 1_999_999_999 }
        #expect(pulse.isAnswering())
        time.withLock { $0 = 2_000_000_001 }
        #expect(!pulse.isAnswering())
        release.raise()
        try harness.write { _ throws(DatabaseError) in }
        #expect(pulse.isAnswering())
        try harness.write { _ throws(DatabaseError) in }

        harness.stop()
        _ = pulse.isAnswering()
        #expect(!pulse.isAnswering())
    }

    @Test func `metrics are open where the listener says so, else they need a key`() throws {
        let open = harness.get("/metrics", key: nil)
        #expect(open.status == 200)
        #expect(open.contentType.hasPrefix("text/plain; version=0.0.4"))
        #expect(open.text.contains("tollgate_other 3\n"))
        #expect(open.text.contains(#"tollgate_api_requests_total{status="2xx"} 0"#))
        #expect(
            harness.get("/metrics", key: nil).text.contains(#"tollgate_api_requests_total{status="2xx"} 1"#)
        )

        var call = APICall(.get, "/metrics")
        #expect(harness.call(call, through: .guardedMetrics).code == "unauthenticated")
        call.authorization = ["Bearer \(try harness.key())"]
        #expect(harness.call(call, through: .guardedMetrics).status == 200)
        #expect(harness.call(APICall(.get, "/metrics"), through: .socket).status == 200)
    }
}
