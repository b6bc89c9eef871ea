import Database
import Telemetry
import Timing

/// Runs a change with everything that commits with it: the audit, and the answer that is kept under an idempotency
/// key. Then it wakes whoever has to carry something away, and waits for them where the answer depends on it.
final class WriteRunner: Sendable {
    /// Catalogue 3.6: after that the answer is 202, and the queue goes on.
    static let inlineMilliseconds: Int64 = 10_000
    /// Beyond the wait, until the answer that was given in the end is kept.
    private static let settleMilliseconds: Int64 = 2_000

    /// Whose request it is.
    struct Asker: Sendable {
        let name: String
        let requestID: String
        let path: String
        let now: Timestamp
        let idempotent: IdempotentRequest?
    }

    typealias Outcome = Result<APIAnswer, Problem>

    private enum Refusal: Error {
        case problem(Problem)
        case store(DatabaseError)
    }

    private let parts: APIParts

    init(parts: APIParts) {
        self.parts = parts
    }

    /// Calls `finish` once, on a thread of the database or of whoever was waited for.
    func run(
        _ write: PendingWrite,
        for asker: Asker,
        finish: @escaping @Sendable (Result<Outcome, DatabaseError>) -> Void
    ) {
        parts.database.submitWrite { transaction throws(DatabaseError) in
            try Self.change(write, for: asker, in: transaction)
        } completion: { [self] result in
            switch result {
            case .failure(let error): finish(.failure(error))
            case .success(.failure(let problem)):
                log(write, asker, target: write.target, status: problem.code.status)
                finish(.success(.failure(problem)))
            case .success(.success(let answer)):
                if answer.effects.isAudited {
                    log(write, asker, target: answer.effects.target ?? write.target, status: answer.status)
                }
                // An act may have made an event due.
                parts.database.wakeWriter()
                if answer.effects.wakesRuns { parts.wakeRuns?() }
                for connection in answer.effects.resumes { parts.operations?.resume(connection) }
                for connection in answer.effects.wakes { parts.operations?.wake(connection) }
                guard let awaited = answer.effects.awaited, let operations = parts.operations else {
                    return finish(.success(.success(answer)))
                }
                operations.waitUntilSettled(awaited.operation, milliseconds: Self.inlineMilliseconds) {
                    [self] in
                    conclude(awaited, for: asker, finish: finish)
                }
            }
        }
    }

    private static func change(
        _ write: PendingWrite,
        for asker: Asker,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Outcome {
        // Again, inside the transaction: two requests of one key may have come at once.
        if let earlier = try asker.idempotent?.earlier(now: asker.now, in: transaction) { return earlier }
        do throws(Refusal) {
            // A problem takes back what was written before it was found.
            return try transaction.savepoint { () throws(Refusal) in
                let outcome: Outcome
                do throws(DatabaseError) {
                    outcome = try write.change(transaction)
                    if case .success(let answer) = outcome { try keep(answer, write, asker, in: transaction) }
                } catch {
                    throw .store(error)
                }
                if case .failure(let problem) = outcome { throw .problem(problem) }
                return outcome
            }
        } catch {
            switch error {
            case .problem(let problem): return .failure(problem)
            case .store(let error): throw error
            }
        }
    }

    private static func keep(
        _ answer: APIAnswer,
        _ write: PendingWrite,
        _ asker: Asker,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        if answer.effects.isAudited {
            try AuditLogTable.insert(
                write,
                target: answer.effects.target ?? write.target,
                actor: asker.name,
                requestID: asker.requestID,
                now: asker.now,
                in: transaction
            )
        }
        guard let idempotent = asker.idempotent else { return }
        let isWaiting = answer.effects.awaited != nil
        try IdempotencyKeysTable.insert(
            idempotent,
            answer,
            busyUntil: isWaiting
                ? asker.now.adding(milliseconds: inlineMilliseconds + settleMilliseconds) : nil,
            now: asker.now,
            in: transaction
        )
    }

    /// The answer as it is now, kept before it is given.
    private func conclude(
        _ awaited: AwaitedOperation,
        for asker: Asker,
        finish: @escaping @Sendable (Result<Outcome, DatabaseError>) -> Void
    ) {
        let outcome: Outcome
        do throws(DatabaseError) {
            outcome = try parts.database.read { transaction throws(DatabaseError) in
                try awaited.render(transaction)
            }
        } catch {
            return finish(.failure(error))
        }
        guard let idempotent = asker.idempotent else { return finish(.success(outcome)) }
        let kept =
            switch outcome {
            case .success(let answer): answer
            case .failure(let problem): problem.answer(instance: asker.path, requestID: asker.requestID)
            }
        parts.database.submitWrite { transaction throws(DatabaseError) in
            try IdempotencyKeysTable.settle(idempotent, kept, in: transaction)
        } completion: { _ in
            // When it is not kept, a repetition gets the answer "pending", which is true as well.
            finish(.success(outcome))
        }
    }

    private func log(_ write: PendingWrite, _ asker: Asker, target: String, status: Int) {
        parts.log.emit(
            .info,
            "admin act",
            [
                .word("act", write.act), .text("target", target), .text("actor", asker.name),
                .requestID(asker.requestID), .integer("status", status),
            ]
        )
    }
}
