/// The books of one job: when it ends, what is due, what came back.
struct LoadRun {
    let job: LoadJob
    let start: UInt64
    var report = LoadReport()
    private(set) var isStopping = false
    private(set) var stoppedAt: UInt64 = 0
    private(set) var underWay = 0
    private let deadline: UInt64?
    private let intervalNanoseconds: Double?
    private let countMax: UInt64
    private var started: UInt64 = 0
    private var latencies = LatencyHistogram()
    private var perSecond: [UInt64] = []

    init(job: LoadJob, start: UInt64) {
        self.job = job
        self.start = start
        switch job {
        case .seed:
            deadline = nil
            intervalNanoseconds = nil
            countMax = .max
        case .run(let seconds, let rate, let count):
            deadline = seconds.map { start + UInt64($0 * 1e9) }
            intervalNanoseconds = rate.map { 1e9 / $0 }
            countMax = count.map { UInt64($0) } ?? .max
        }
    }

    var isClosedLoop: Bool { intervalNanoseconds == nil }

    /// When the next event is due on the monotonic clock; nil at full speed, where it always is.
    var nextDue: UInt64? {
        intervalNanoseconds.map { start + UInt64(Double(started) * $0) }
    }

    func isDue(now: UInt64) -> Bool {
        guard started < countMax else { return false }
        guard let nextDue else { return true }
        return nextDue <= now
    }

    mutating func didStart() {
        started += 1
        underWay += 1
        report.sent += 1
    }

    mutating func didFinish() {
        underWay -= 1
    }

    mutating func didAnswer(_ answer: ResponseReader.Answer, latency: UInt64, now: UInt64) {
        report.statuses[answer.status, default: 0] += 1
        guard answer.status < 300 else { return }
        latencies.record(latency)
        if answer.isDuplicate {
            report.duplicates += 1
        } else {
            report.accepted += 1
            let second = Int((now - start) / 1_000_000_000)
            while perSecond.count <= second { perSecond.append(0) }
            perSecond[second] += 1
        }
    }

    mutating func stopIfOver(now: UInt64) {
        if let deadline, now >= deadline { stop(now: now) }
        if started >= countMax { stop(now: now) }
    }

    mutating func stop(now: UInt64) {
        guard !isStopping else { return }
        isStopping = true
        stoppedAt = now
        guard let intervalNanoseconds else { return }
        let scheduled = min(UInt64(Double(now - start) / intervalNanoseconds), countMax)
        report.behind = scheduled > started ? scheduled - started : 0
    }

    /// The time counts until the job stopped sending: the last answers belong to it, the wait for them does not.
    func finished(at now: UInt64) -> LoadReport {
        var report = report
        report.elapsedNanoseconds = (isStopping ? stoppedAt : now) - start
        report.perSecond = Array(perSecond.prefix(Int(report.elapsedNanoseconds / 1_000_000_000)))
        report.latencyP50 = latencies.percentile(0.5)
        report.latencyP90 = latencies.percentile(0.9)
        report.latencyP99 = latencies.percentile(0.99)
        report.latencyP999 = latencies.percentile(0.999)
        report.latencyMax = latencies.max
        return report
    }
}
