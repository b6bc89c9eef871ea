import CCurl
import Glibc
import Synchronization
import Threading
import Timing

/// What the curl thread needs to begin; made on the thread that starts the client, so that it can fail there.
struct TransferLoopStart: Sendable {
    private let configuration: HTTPClientConfiguration
    private let queue: TransferQueue
    private let clock: MonotonicClock
    private let multi: MultiHandle

    init(
        configuration: HTTPClientConfiguration,
        queue: TransferQueue,
        clock: MonotonicClock
    ) throws(HTTPClientFailure) {
        guard let multi = MultiHandle(configuration: configuration) else {
            throw .curl(CurlCode(CURLE_FAILED_INIT), text: "libcurl cannot be set up", mayHaveBeenSent: false)
        }
        self.configuration = configuration
        self.queue = queue
        self.clock = clock
        self.multi = multi
        queue.open()
    }

    func run() {
        TransferLoop(configuration: configuration, queue: queue, clock: clock, multi: multi).run()
    }
}

/// The curl thread: takes orders, lets libcurl work, tells outcomes, sleeps until something is due.
final class TransferLoop {
    // Easy handles kept for the next request; beyond it they are freed.
    private static let spareMax = 64
    // libcurl wakes by itself when a deadline is due; this bounds the sleep of an idle client.
    private static let sleepMilliseconds: Int32 = 60_000
    // libcurl could not even poll: out of memory. Tried again this much later.
    private static let troubleMilliseconds: Int32 = 50

    private let configuration: HTTPClientConfiguration
    private let queue: TransferQueue
    private let clock: MonotonicClock
    private let multi: MultiHandle
    private var active: [ObjectIdentifier: Transfer] = [:]
    private var spare: [Transfer] = []
    private var finishedCount = 0
    /// No transfer's time is up before this moment; it may be that of one that has ended.
    private var earliestDeadline = UInt64.max

    init(
        configuration: HTTPClientConfiguration,
        queue: TransferQueue,
        clock: MonotonicClock,
        multi: MultiHandle
    ) {
        self.configuration = configuration
        self.queue = queue
        self.clock = clock
        self.multi = multi
    }

    /// Returns when the queue was stopped.
    func run() {
        Self.ignoreBrokenPipes()
        while true {
            let (orders, isStopping) = queue.take()
            if isStopping { return end(orders) }
            let now = clock.nanoseconds()
            for order in orders {
                switch order {
                case .start(let submission): start(submission, now: now)
                case .cancel(let cancellation): cancel(cancellation)
                }
            }
            work()
            endOverdue(now: now)
            // What libcurl wants to do at once, such as starting what waited for a connection, ends the sleep at once.
            // Another round here instead would make it look at every socket.
            if queue.mayFallAsleep(multi, finished: finishedCount) { sleep(now: now) }
            finishedCount = 0
        }
    }

    private func start(_ submission: TransferSubmission, now: UInt64) {
        if submission.cancellation.isRequested.load(ordering: .acquiring) {
            return tell(submission, .failure(.taskCancelled(mayHaveBeenSent: false)))
        }
        guard let transfer = spare.popLast() ?? Transfer() else {
            return tell(submission, .failure(.curl(CurlCode(CURLE_OUT_OF_MEMORY))))
        }
        transfer.begin(submission, configuration: configuration)
        if let code = transfer.setUpFailure {
            tell(submission, .failure(.curl(code)))
            return keep(transfer)
        }
        let added = curl_multi_add_handle(multi.pointer, transfer.easy)
        guard added == CURLM_OK else {
            tell(submission, .failure(.multi(added)))
            return keep(transfer)
        }
        active[ObjectIdentifier(submission.cancellation)] = transfer
        transfer.deadline = now &+ transfer.totalNanoseconds
        earliestDeadline = min(earliestDeadline, transfer.deadline)
    }

    private func cancel(_ cancellation: TransferCancellation) {
        guard let transfer = active[ObjectIdentifier(cancellation)] else { return }
        finish(transfer) { .failure(.taskCancelled(mayHaveBeenSent: $0.mayHaveBeenSent)) }
    }

    private func work() {
        var running: Int32 = 0
        let performed = curl_multi_perform(multi.pointer, &running)
        if performed != CURLM_OK {
            // libcurl itself is broken or out of memory; who waits must not wait for ever.
            for transfer in Array(active.values) {
                finish(transfer) { .failure(.multi(performed, mayHaveBeenSent: $0.mayHaveBeenSent)) }
            }
            return
        }
        var waiting: Int32 = 0
        while let message = curl_multi_info_read(multi.pointer, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE,
                let transfer = message.pointee.easy_handle.flatMap(Transfer.of)
            else { continue }
            let code = CurlCode(tollgate_curl_message_result(message))
            finish(transfer) { $0.outcome(code) }
        }
    }

    /// libcurl 7.88 does not look at the time of a transfer that waits for a free connection to its host.
    private func endOverdue(now: UInt64) {
        guard now >= earliestDeadline else { return }
        let overdue = active.values.filter { $0.deadline <= now }
        for transfer in overdue {
            finish(transfer) { transfer in
                let code = CurlCode(CURLE_OPERATION_TIMEDOUT)
                return .failure(.curl(code, mayHaveBeenSent: transfer.mayHaveBeenSent))
            }
        }
        earliestDeadline = active.values.reduce(.max) { min($0, $1.deadline) }
    }

    private func sleep(now: UInt64) {
        let untilDeadline = earliestDeadline > now ? (earliestDeadline - now) / 1_000_000 + 1 : 0
        let milliseconds = Int32(min(UInt64(Self.sleepMilliseconds), untilDeadline))
        if curl_multi_poll(multi.pointer, nil, 0, milliseconds, nil) != CURLM_OK {
            poll(nil, 0, Self.troubleMilliseconds)
        }
    }

    /// `outcome` is asked while libcurl still knows the transfer's figures.
    private func finish(_ transfer: Transfer, _ outcome: (Transfer) -> TransferOutcome) {
        guard let submission = transfer.submission else { return }
        let outcome = outcome(transfer)
        active[ObjectIdentifier(submission.cancellation)] = nil
        curl_multi_remove_handle(multi.pointer, transfer.easy)
        keep(transfer)
        tell(submission, outcome)
    }

    private func tell(_ submission: TransferSubmission, _ outcome: TransferOutcome) {
        finishedCount += 1
        submission.continuation.resume(returning: outcome)
    }

    private func keep(_ transfer: Transfer) {
        transfer.end()
        if spare.count < Self.spareMax { spare.append(transfer) }
    }

    private func end(_ orders: [TransferOrder]) {
        for transfer in Array(active.values) {
            finish(transfer) { .failure(.clientStopped(mayHaveBeenSent: $0.mayHaveBeenSent)) }
        }
        for order in orders {
            guard case .start(let submission) = order else { continue }
            tell(submission, .failure(.clientStopped(mayHaveBeenSent: false)))
        }
        spare = []
    }

    /// OpenSSL writes without MSG_NOSIGNAL, and libcurl was told to leave signals alone.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
