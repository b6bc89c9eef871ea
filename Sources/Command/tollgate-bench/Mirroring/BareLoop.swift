import CCurl
import Glibc
import Timing

/// What a good C program would do without us: one libcurl multi handle, a fixed number of easy handles that are
/// always busy, kept connections, requests made before the clock starts, answers looked at for their status only.
/// Nothing is stored.
final class BareLoop {
    /// One easy handle with what its call needs to stay where it is.
    private struct Slot {
        let easy: UnsafeMutableRawPointer
        var headers: UnsafeMutablePointer<curl_slist>?
    }

    private let multi: UnsafeMutableRawPointer
    private var slots: [Slot] = []
    private var places: [UnsafeMutableRawPointer: Int] = [:]
    private let requests: [BareRequest]
    private let clock: MonotonicClock
    private var next = 0

    init(
        port: UInt16,
        inFlight: Int,
        requests: [BareRequest],
        clock: MonotonicClock = .system
    ) throws(BenchError) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw BenchError("libcurl cannot be set up")
        }
        self.multi = multi
        self.requests = requests
        self.clock = clock
        tollgate_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * inFlight)
        for _ in 0..<inFlight {
            guard let easy = curl_easy_init() else { throw BenchError("libcurl has no handle left") }
            places[easy] = slots.count
            slots.append(Slot(easy: easy))
            // Every option by its own line, and one path: all requests of a run go to the same one.
            tollgate_curl_set_string(easy, CURLOPT_URL, "http://127.0.0.1:\(port)\(requests[0].path)")
            tollgate_curl_set_string(easy, CURLOPT_PROXY, "")
            tollgate_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
            tollgate_curl_set_long(easy, CURLOPT_TIMEOUT_MS, 30_000)
            tollgate_curl_set_long(easy, CURLOPT_POST, 1)
            tollgate_curl_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count
            }
        }
    }

    deinit {
        for slot in slots {
            curl_multi_remove_handle(multi, slot.easy)
            curl_easy_cleanup(slot.easy)
            curl_slist_free_all(slot.headers)
        }
        curl_multi_cleanup(multi)
    }

    /// Makes all calls. The first tenth of them is not measured.
    func run() -> BareReport {
        var report = BareReport()
        let warmUp = requests.count / 10
        var ended = 0
        var start = clock.nanoseconds()
        var cpu = ProcessUsage.ownCPUMicroseconds()
        for place in slots.indices { begin(place) }
        while ended < requests.count {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { break }
            var waiting: Int32 = 0
            var didEnd = false
            while let message = curl_multi_info_read(multi, &waiting) {
                guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                    let place = places[easy]
                else { continue }
                didEnd = true
                ended += 1
                if !isGood(message, easy) { report.failed += 1 }
                if ended == warmUp {
                    start = clock.nanoseconds()
                    cpu = ProcessUsage.ownCPUMicroseconds()
                }
                curl_multi_remove_handle(multi, easy)
                begin(place)
            }
            if !didEnd { curl_multi_poll(multi, nil, 0, 1_000, nil) }
        }
        report.calls = UInt64(ended - min(warmUp, ended))
        report.elapsedNanoseconds = clock.nanoseconds() - start
        report.cpuMicroseconds = ProcessUsage.ownCPUMicroseconds() - cpu
        report.residentBytesMax = ProcessUsage.of(getpid())?.residentBytesMax ?? 0
        return report
    }

    private func begin(_ place: Int) {
        guard next < requests.count else { return }
        let request = requests[next]
        next += 1
        let easy = slots[place].easy
        curl_slist_free_all(slots[place].headers)
        var list: UnsafeMutablePointer<curl_slist>?
        for header in request.headers { list = curl_slist_append(list, header) }
        slots[place].headers = list
        tollgate_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
        tollgate_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        request.body.withUnsafeBytes { bytes in
            _ = tollgate_curl_set_pointer(
                easy,
                CURLOPT_COPYPOSTFIELDS,
                UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
        }
        curl_multi_add_handle(multi, easy)
    }

    private func isGood(_ message: UnsafeMutablePointer<CURLMsg>, _ easy: UnsafeMutableRawPointer) -> Bool {
        var status = 0
        tollgate_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return tollgate_curl_message_result(message) == CURLE_OK && status == 200
    }
}
