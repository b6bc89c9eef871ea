import BillingModel
import JSON
import Lanes
import Outbox
import Providers
import Timing

/// What becomes of an operation or a read after a call of it (provider_api 1.6, R7).
extension Dispatcher {
    // A server error that comes back the fourth time is one that the key has stored (provider_api 1.6).
    private static let serverErrorsOfKeyMax = 4

    static func readEnd(_ read: ClaimedRead, _ reading: CallReading) -> FlightEnd {
        switch reading.course {
        case .acknowledged(let document, _):
            return .read(read, SeenAnswer(object: .present(document), isReplay: false, date: reading.date))
        case .missing: return .read(read, SeenAnswer(object: .missing, isReplay: false, date: reading.date))
        case .repeated, .lookUp, .rejected, .held, .cancelled: return .readFailed(read)
        }
    }

    mutating func sendEnded(
        _ number: UInt64,
        _ operation: CarriedOperation,
        _ reading: CallReading,
        now: Moment
    ) {
        let trouble = AttemptTrouble(
            reading.code,
            reading.message,
            mayHaveBeenExecuted: reading.mayHaveBeenExecuted
        )
        switch reading.course {
        case .acknowledged(let document, let isReplay):
            let seen = SeenAnswer(object: .present(document), isReplay: isReplay, date: reading.date)
            end(number, operation, .acknowledged(StripeAnswers.id(of: document.root)), answer: seen)
        case .repeated(let delayMin):
            let isStored =
                reading.result == .serverError
                && (operation.sent?.attemptsOfKey ?? 0) >= Self.serverErrorsOfKeyMax
            if isStored {
                look(number, operation, now: now)
            } else {
                end(number, operation, again(operation, delayMin: delayMin, trouble, now: now))
            }
        case .lookUp(let isLater):
            if reading.code == ProviderAnswer.ResolveReason.keyReused.rawValue {
                alerts.append(MirrorAlert(.keyReused, operation: operation.id))
            }
            if isLater {
                end(number, operation, lookAgain(operation, delayMin: 0, trouble, now: now))
            } else {
                look(number, operation, now: now)
            }
        case .rejected: die(number, operation, trouble)
        case .missing:
            if operation.content.isSatisfiedByMissing {
                let seen = SeenAnswer(object: .missing, isReplay: false, date: reading.date)
                end(number, operation, .acknowledged(nil), answer: seen)
            } else if operation.content.target != nil {
                look(number, operation, now: now)
            } else {
                die(number, operation, trouble)
            }
        case .held:
            let at = now.wall.adding(milliseconds: pace.pause.probeMilliseconds)
            end(number, operation, .retry(at: at, trouble))
        case .cancelled where !reading.mayHaveBeenExecuted:
            end(number, operation, .putBack(at: now.wall, .begun))
        case .cancelled: end(number, operation, .retry(at: now.wall, trouble))
        }
    }

    mutating func lookEnded(
        _ number: UInt64,
        _ operation: CarriedOperation,
        _ asked: Lookup,
        _ reading: CallReading,
        now: Moment
    ) {
        var lookup = asked
        let isObject: Bool
        if case .ask(.object) = asked.next { isObject = true } else { isObject = false }
        switch reading.course {
        case .acknowledged(let document, _) where isObject:
            lookup.answered(object: document.root)
        case .acknowledged(let document, _):
            guard let page = StripeAnswers.page(document) else { preconditionFailure("a list was expected") }
            lookup.answered(page)
        case .missing where isObject:
            lookup.answered(object: nil)
        case .held where reading.pause == .permission && lookup.skipEvents():
            // A restricted key that may not read events is no reason to stop: the thing itself is looked at.
            break
        case .missing, .repeated, .lookUp, .rejected, .held, .cancelled:
            let trouble = AttemptTrouble(reading.code, reading.message, mayHaveBeenExecuted: false)
            let outcome: AttemptOutcome =
                switch reading.course {
                case .cancelled: Self.laterLook(operation, at: now.wall, trouble)
                case .held:
                    Self.laterLook(
                        operation,
                        at: now.wall.adding(milliseconds: pace.pause.probeMilliseconds),
                        trouble
                    )
                case .repeated(let delayMin): lookAgain(operation, delayMin: delayMin, trouble, now: now)
                case .acknowledged, .missing, .lookUp, .rejected:
                    lookAgain(operation, delayMin: 0, trouble, now: now)
                }
            end(number, operation, outcome)
            return
        }
        flights[number]?.work = .looking(operation, lookup)
        switch lookup.next {
        case .ask: questions.append(number)
        case .concluded(let conclusion): conclude(number, operation, conclusion, now: now)
        }
    }

    mutating func conclude(
        _ number: UInt64,
        _ operation: CarriedOperation,
        _ conclusion: Lookup.Conclusion,
        now: Moment
    ) {
        switch conclusion {
        case .done(let id): end(number, operation, .acknowledged(id))
        case .found(let id, let patch):
            end(number, operation, .became(.updateCustomer(.provider(id), patch), of: id))
        case .notDone:
            if let deadline = operation.claimed.deadline, deadline <= now.wall {
                die(number, operation, AttemptTrouble("deadline_passed"))
            } else if operation.sent == nil {
                begins.append(number)
            } else {
                end(number, operation, renewal(of: operation, now: now))
            }
        case .severalMatch(let count):
            alerts.append(MirrorAlert(.conflict, operation: operation.id))
            let trouble = AttemptTrouble("conflict", "\(count) customers bear the mark of this one")
            end(number, operation, .dead(trouble))
        case .gone: die(number, operation, AttemptTrouble("object_deleted"))
        case .impossible: die(number, operation, AttemptTrouble("not_possible_any_more"))
        }
    }

    /// The first new key is used at once. One that failed in its turn waits as any retry does, and not for ever:
    /// a request that always fails would otherwise go round by itself, each time under another key.
    private mutating func renewal(of operation: CarriedOperation, now: Moment) -> AttemptOutcome {
        let trouble = AttemptTrouble("found_not_done", mayHaveBeenExecuted: false)
        var time = now.wall
        if operation.claimed.generation > 1 {
            switch again(operation, delayMin: 0, trouble, now: now) {
            case .retry(let at, _): time = at
            case let other: return other
            }
        }
        notes.append(.newGeneration(operation.id, operation.claimed.generation + 1))
        return .renew(at: time, trouble)
    }

    private mutating func look(
        _ number: UInt64,
        _ operation: CarriedOperation,
        now: Moment
    ) {
        let lookup = Lookup(operation.question)
        flights[number]?.work = .looking(operation, lookup)
        switch lookup.next {
        case .ask: questions.append(number)
        case .concluded(let conclusion): conclude(number, operation, conclusion, now: now)
        }
    }

    private mutating func again(
        _ operation: CarriedOperation,
        delayMin: Int64,
        attempts: Int? = nil,
        _ trouble: AttemptTrouble,
        now: Moment
    ) -> AttemptOutcome {
        let failure = RetrySchedule.Failure(
            attempts: max(attempts ?? operation.attempts, 1),
            firstSentAt: operation.since(now: now.wall),
            delayMin: delayMin,
            isOwed: operation.claimed.kind.isOwed
        )
        switch schedule.next(after: failure, now: now.wall, random: random) {
        case .retry(let at, let isOverdue):
            if isOverdue, operation.claimed.alertedAt == nil {
                overdue.append(operation.id)
                alerts.append(MirrorAlert(.overdue, operation: operation.id, reason: trouble.code))
            }
            return .retry(at: at, trouble)
        case .dead:
            alerts.append(MirrorAlert(.deadLetter, operation: operation.id, reason: trouble.code))
            return .dead(trouble)
        }
    }

    private mutating func lookAgain(
        _ operation: CarriedOperation,
        delayMin: Int64,
        _ trouble: AttemptTrouble,
        now: Moment
    ) -> AttemptOutcome {
        // Lookups are not counted, so the operation's age says how often it was tried: the wait grows with it.
        let age = max(now.wall.milliseconds(since: operation.since(now: now.wall)) / 1_000, 1)
        let attempts = max(operation.attempts, Int64.bitWidth - age.leadingZeroBitCount)
        switch again(operation, delayMin: delayMin, attempts: attempts, trouble, now: now) {
        case .retry(let at, _): return Self.laterLook(operation, at: at, trouble)
        case let other: return other
        }
    }

    /// One that was never sent needs no mark: it is looked up, or not, by its kind.
    static func laterLook(
        _ operation: CarriedOperation,
        at time: Timestamp,
        _ trouble: AttemptTrouble
    ) -> AttemptOutcome {
        operation.sent == nil ? .retry(at: time, trouble) : .lookUp(at: time, trouble)
    }

    private mutating func die(_ number: UInt64, _ operation: CarriedOperation, _ trouble: AttemptTrouble) {
        alerts.append(MirrorAlert(.deadLetter, operation: operation.id, reason: trouble.code))
        end(number, operation, .dead(trouble))
    }

    private mutating func end(
        _ number: UInt64,
        _ operation: CarriedOperation,
        _ outcome: AttemptOutcome,
        answer: SeenAnswer? = nil
    ) {
        flights[number] = nil
        ends.append(.write(operation, outcome, answer: answer))
    }
}
