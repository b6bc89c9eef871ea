import JSON
import Providers

/// Pages that runs ask for, and what becomes of them. They hold no object, stand in no row, and are not tried again
/// here: the run knows what it asked.
///
/// They take what writes and confirming reads leave of places and tokens, and a small part in any case.
extension Dispatcher {
    /// Calls that pages may have on their way whatever else waits, and at most: a write that becomes due finds a
    /// place at once.
    private var pagePlacesMin: Int { max(1, inFlightMax / 16) }
    private var pagePlacesMax: Int { max(1, inFlightMax - readPlacesMin - inFlightMax / 4) }
    /// Where places are few, so many other calls go before a page when they wait.
    private static let callsBeforePage = 4

    /// Calls that are due, as the bucket has them.
    var waiting: TokenBucket.Waiting {
        var waiting: TokenBucket.Waiting = []
        if due.writes || !standby.isEmpty { waiting.insert(.writes) }
        if due.reads { waiting.insert(.reads) }
        if !pages.waiting.isEmpty, pages.calling.count < pagePlacesMax { waiting.insert(.pages) }
        return waiting
    }

    mutating func ask(_ order: PageOrder) {
        if isStopping {
            pages.answers.append((order.number, .stopping))
        } else {
            pages.waiting.append(order)
        }
    }

    /// The pages that may be asked for now.
    ///
    /// - Parameter isShareOnly: not more than what pages have beside writes and reads that never end.
    mutating func nextPages(isShareOnly: Bool, now: Moment) -> [OutgoingCall] {
        var calls: [OutgoingCall] = []
        let placesMax = isShareOnly ? pagePlacesMin : pagePlacesMax
        while let order = pages.waiting.first, pages.calling.count < placesMax, inFlight < inFlightMax {
            switch pace.leave(now: now.steady) {
            case .none: return calls
            // What people wait for is the better probe; without any, nothing else would find out.
            case .probe: guard !due.writes, !due.reads, standby.isEmpty, begins.isEmpty else { return calls }
            case .calls: break
            }
            let others: TokenBucket.Waiting = isShareOnly ? [.writes, .reads] : waiting
            guard pace.bucket.available(.page, waiting: others, now: now.steady) > 0 else { break }
            guard !isShareOnly || pages.callsSince >= Self.callsBeforePage else { break }
            pages.callsSince = 0
            pages.waiting.removeFirst()
            flightsBegun += 1
            let isProbe = pace.began(.page, isRetry: false, now: now.steady)
            pages.calling[flightsBegun] = PageFlight(order: order, isProbe: isProbe)
            calls.append(OutgoingCall(flight: flightsBegun, purpose: .page, content: .read(order.read)))
        }
        return calls
    }

    mutating func pageEnded(_ number: UInt64, _ reading: CallReading, now: Moment) {
        guard let flight = pages.calling.removeValue(forKey: number) else { return }
        var told = reading
        // A key that may not list one type is no reason to stop everything; a probe's refusal is one to wait on.
        if reading.pause == .permission, !flight.isProbe { told.pause = nil }
        tellPace(told, isProbe: flight.isProbe, now: now)
        pages.answers.append((flight.order.number, reading.pageAnswer))
    }

    mutating func takePageAnswers() -> [(number: UInt64, answer: PageAnswer)] {
        defer { pages.answers = [] }
        return pages.answers
    }

    /// When the next page may be asked for; nil when none waits, or only an end of a call lets it.
    mutating func nextPage(now: Moment) -> Instant? {
        guard waiting.contains(.pages), inFlight < inFlightMax else { return nil }
        switch pace.leave(now: now.steady) {
        case .none(let until): return until
        case .probe: return nil
        case .calls: return pace.bucket.nextPage(waiting: waiting, now: now.steady)
        }
    }
}

/// A question of a run, and the number under which it waits for the answer.
struct PageOrder: Sendable {
    let number: UInt64
    let read: ProviderRead
}

struct PageFlight: Sendable {
    let order: PageOrder
    /// The call that an open breaker or a paused lane allows.
    let isProbe: Bool
}

struct PageBoard: Sendable {
    /// Oldest first.
    var waiting: [PageOrder] = []
    /// On their way, by the number of the flight.
    var calling: [UInt64: PageFlight] = [:]
    /// Other calls that began since the last page did.
    var callsSince = 0
    /// Not yet told.
    var answers: [(number: UInt64, answer: PageAnswer)] = []

    mutating func stop() {
        answers += waiting.map { ($0.number, .stopping) }
        waiting = []
    }
}

extension CallReading {
    /// What it is to somebody who asked for a page.
    var pageAnswer: PageAnswer {
        switch course {
        case .acknowledged(let document, _):
            if let page = StripeAnswers.page(document) { return .page(page, date: date) }
            return .object(document.root, date: date)
        case .missing: return .missing(knownFault)
        case .rejected where knownFault.isDeadCursor: return .cursorGone(knownFault)
        case .rejected: return .refused(knownFault)
        case .held where pause != .trust: return .refused(knownFault)
        case .held:
            return .retryLater(milliseconds: 60_000, PageTrouble(.untrusted, code: code, message: message))
        case .repeated(let delayMin): return .retryLater(milliseconds: delayMin, trouble)
        // A read has no key that could be of no more use: the provider has trouble.
        case .lookUp: return .retryLater(milliseconds: 0, trouble)
        case .cancelled: return .stopping
        }
    }

    private var knownFault: ProviderFault {
        fault ?? .ours(code: code, message: message ?? code)
    }

    private var trouble: PageTrouble {
        let kind: PageTrouble.Kind =
            switch result {
            case .rateLimited: .rateLimited
            case .noAnswer, .notSent, .unusable, .cancelled: .noAnswer
            case .untrusted: .untrusted
            case .unreadable: .unreadable
            case .tooLarge: .tooLarge
            case .acknowledged, .replayed, .conflict, .serverError, .unresolved, .rejected, .missing,
                .refusedCredentials:
                .serverError
            }
        return PageTrouble(kind, code: code, message: message)
    }
}
