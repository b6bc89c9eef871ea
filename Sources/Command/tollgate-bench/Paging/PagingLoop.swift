import CCurl
import Glibc
import Timing

/// Pages through a list as a good C program would: one libcurl multi handle, one easy handle for each part of the
/// list, each asking for its next page as soon as it has read the cursor in the last one. Nothing is stored.
final class PagingLoop {
    private final class Lane {
        let easy: UnsafeMutableRawPointer
        let first: String
        var body: [UInt8] = []
        var pages = 0

        init(_ easy: UnsafeMutableRawPointer, first: String) {
            self.easy = easy
            self.first = first
            body.reserveCapacity(128 * 1024)
        }
    }

    private let multi: UnsafeMutableRawPointer
    private var lanes: [Lane] = []
    private var headers: UnsafeMutablePointer<curl_slist>?
    private let pagesMax: Int
    private let clock: MonotonicClock

    /// - Parameter pagesMax: of each part; the rest of it is left.
    init(
        port: UInt16,
        parts: [PageCalls.Part],
        headers texts: [String],
        pagesMax: Int,
        clock: MonotonicClock = .system
    ) throws(BenchError) {
        guard curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, let multi = curl_multi_init() else {
            throw BenchError("libcurl cannot be set up")
        }
        self.multi = multi
        self.pagesMax = pagesMax
        self.clock = clock
        tollgate_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * parts.count)
        for text in texts { headers = curl_slist_append(headers, text) }
        for part in parts {
            guard let easy = curl_easy_init() else { throw BenchError("libcurl has no handle left") }
            let lane = Lane(easy, first: "http://127.0.0.1:\(port)\(part.target)")
            lanes.append(lane)
            tollgate_curl_set_string(easy, CURLOPT_URL, lane.first)
            tollgate_curl_set_string(easy, CURLOPT_PROXY, "")
            tollgate_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
            tollgate_curl_set_long(easy, CURLOPT_TIMEOUT_MS, 30_000)
            tollgate_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
            tollgate_curl_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(lane).toOpaque())
            tollgate_curl_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let lane = Unmanaged<Lane>.fromOpaque(context).takeUnretainedValue()
                lane.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
                return size * count
            }
        }
    }

    deinit {
        for lane in lanes {
            curl_multi_remove_handle(multi, lane.easy)
            curl_easy_cleanup(lane.easy)
        }
        curl_slist_free_all(headers)
        curl_multi_cleanup(multi)
    }

    /// Until every part is at its end, or has had its pages.
    func run() -> BareReport {
        var report = BareReport()
        var open = lanes.count
        let start = clock.nanoseconds()
        let cpu = ProcessUsage.ownCPUMicroseconds()
        for lane in lanes { curl_multi_add_handle(multi, lane.easy) }
        while open > 0 {
            var running: Int32 = 0
            guard curl_multi_perform(multi, &running) == CURLM_OK else { break }
            var waiting: Int32 = 0
            var didEnd = false
            while let message = curl_multi_info_read(multi, &waiting) {
                guard message.pointee.msg == CURLMSG_DONE,
                    let lane = lanes.first(where: { $0.easy == message.pointee.easy_handle })
                else { continue }
                didEnd = true
                let isGood = Self.isGood(message, lane.easy)
                curl_multi_remove_handle(multi, lane.easy)
                if !isGood { report.failed += 1 }
                if isGood, takePage(lane, &report) {
                    curl_multi_add_handle(multi, lane.easy)
                } else {
                    open -= 1
                }
            }
            if !didEnd { curl_multi_poll(multi, nil, 0, 1_000, nil) }
        }
        report.elapsedNanoseconds = clock.nanoseconds() - start
        report.cpuMicroseconds = ProcessUsage.ownCPUMicroseconds() - cpu
        report.residentBytesMax = ProcessUsage.of(getpid())?.residentBytesMax ?? 0
        return report
    }

    /// Whether the lane has another page to ask for; its address is set then.
    private func takePage(_ lane: Lane, _ report: inout BareReport) -> Bool {
        let page = PageScan(lane.body)
        lane.body.removeAll(keepingCapacity: true)
        lane.pages += 1
        report.calls += 1
        report.objects += UInt64(page.rows)
        guard page.hasMore, let last = page.lastID, lane.pages < pagesMax else { return false }
        tollgate_curl_set_string(lane.easy, CURLOPT_URL, "\(lane.first)&starting_after=\(last)")
        return true
    }

    private static func isGood(
        _ message: UnsafeMutablePointer<CURLMsg>,
        _ easy: UnsafeMutableRawPointer
    ) -> Bool {
        var status = 0
        tollgate_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return tollgate_curl_message_result(message) == CURLE_OK && status == 200
    }
}
