import Synchronization
import Threading

typealias TransferOutcome = Result<HTTPClientResponse, HTTPClientFailure>

/// Says that a task no longer waits; seen by the curl thread also when it comes before the request itself.
final class TransferCancellation: Sendable {
    let isRequested = Atomic(false)
}

/// One request on its way to the curl thread, and who waits for its outcome.
struct TransferSubmission: Sendable {
    let request: PreparedRequest
    let cancellation: TransferCancellation
    let continuation: CheckedContinuation<TransferOutcome, Never>
}

enum TransferOrder: Sendable {
    case start(TransferSubmission)
    case cancel(TransferCancellation)
}

/// Orders from any thread to the curl thread. Wakes it only when it sleeps.
final class TransferQueue: Sendable {
    private enum Phase: Sendable {
        case notStarted, running, stopping
    }

    private struct State {
        var phase = Phase.notStarted
        var orders: [TransferOrder] = []
        /// Started and not yet finished, waiting orders included.
        var transferCount = 0
        /// How to wake the thread, which is about to sleep or sleeps; nil while it will look by itself.
        var sleeper: MultiHandle?
    }

    private let transfersMax: Int
    private let state = Lock(State())

    init(transfersMax: Int) {
        self.transfersMax = transfersMax
    }

    /// Nil when taken: the outcome then comes from the curl thread. Otherwise why not.
    func submit(_ submission: TransferSubmission) -> HTTPClientFailure? {
        let transfersMax = transfersMax
        return state.withLock { state in
            switch state.phase {
            case .notStarted: return .clientNotStarted
            case .stopping: return .clientStopped(mayHaveBeenSent: false)
            case .running: break
            }
            if state.transferCount >= transfersMax { return .clientFull(transfersMax: transfersMax) }
            state.transferCount += 1
            state.orders.append(.start(submission))
            Self.wake(&state)
            return nil
        }
    }

    /// Does nothing when the transfer has ended.
    func cancel(_ cancellation: TransferCancellation) {
        cancellation.isRequested.store(true, ordering: .releasing)
        state.withLock { state in
            guard case .running = state.phase else { return }
            state.orders.append(.cancel(cancellation))
            Self.wake(&state)
        }
    }

    func stop() {
        state.withLock { state in
            state.phase = .stopping
            Self.wake(&state)
        }
    }

    /// Before the thread starts.
    func open() {
        state.withLock { state in
            if case .notStarted = state.phase { state.phase = .running }
        }
    }

    /// By the curl thread: what waits, in order.
    func take() -> (orders: [TransferOrder], isStopping: Bool) {
        state.withLock { state in
            state.sleeper = nil
            var taken: [TransferOrder] = []
            swap(&taken, &state.orders)
            let isStopping = if case .stopping = state.phase { true } else { false }
            return (taken, isStopping)
        }
    }

    /// By the curl thread: true when it may sleep; whoever orders something afterwards wakes it. `finished`: how
    /// many transfers ended since the last call.
    func mayFallAsleep(_ multi: MultiHandle, finished: Int) -> Bool {
        state.withLock { state in
            state.transferCount -= finished
            guard state.orders.isEmpty, case .running = state.phase else { return false }
            state.sleeper = multi
            return true
        }
    }

    /// Inside the lock, so that the thread cannot end and free the handle meanwhile; it never blocks.
    private static func wake(_ state: inout State) {
        state.sleeper?.wake()
        state.sleeper = nil
    }
}
