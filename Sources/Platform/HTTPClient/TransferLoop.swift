import CCurl
import Glibc
import Synchronization
import Threading

/// What the curl thread needs to begin; made on the thread that starts the client, so that it can fail there.
struct TransferLoopStart: Sendable {
    private let configuration: HTTPClientConfiguration
    private let queue: TransferQueue
    private let multi: MultiHandle

    init(configuration: HTTPClientConfiguration, queue: TransferQueue) throws(HTTPClientFailure) {
        guard let multi = MultiHandle(configuration: configuration) else {
            throw .curl(CurlCode(CURLE_FAILED_INIT), text: "libcurl cannot be set up", mayHaveBeenSent: false)
        }
        self.configuration = configuration
        self.queue = queue
        self.multi = multi
        queue.open()
    }

    func run() {
        TransferLoop(configuration: configuration, queue: queue, multi: multi).run()
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
    private let multi: MultiHandle
    private var active: [ObjectIdentifier: Transfer] = [:]
    private var spare: [Transfer] = []
    private var finishedCount = 0

    init(configuration: HTTPClientConfiguration, queue: TransferQueue, multi: MultiHandle) {
        self.configuration = configuration
        self.queue = queue
        self.multi = multi
    }

    /// Returns when the queue was stopped.
    func run() {
        Self.ignoreBrokenPipes()
        while true {
            let (orders, isStopping) = queue.take(finished: finishedCount)
            finishedCount = 0
            if isStopping { return end(orders) }
            for order in orders {
                switch order {
                case .start(let submission): start(submission)
                case .cancel(let cancellation): cancel(cancellation)
                }
            }
            work()
            if finishedCount == 0 && queue.mayFallAsleep(multi) { sleep() }
        }
    }

    private func start(_ submission: TransferSubmission) {
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

    private func sleep() {
        if curl_multi_poll(multi.pointer, nil, 0, Self.sleepMilliseconds, nil) != CURLM_OK {
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
