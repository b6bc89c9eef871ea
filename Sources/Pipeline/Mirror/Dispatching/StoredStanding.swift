import Database
import Outbox
import Timing

/// What is kept of breaker and pause for people; the machine itself starts anew with the process.
struct StoredStanding: Sendable, Hashable {
    let breaker: CircuitBreaker.State
    let pause: LanePause.Cause?
}

extension Bookkeeper {
    func keep(
        _ standing: StoredStanding,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let (reason, message): (PauseReason?, String?) =
            switch standing.pause {
            case nil: (nil, nil)
            case .credential: (.credentials, "the provider refuses the API key (401)")
            case .permission: (.credentials, "the API key may not do this (403)")
            case .trust: (.trust, "the provider's certificate or address is not trusted")
            }
        let over: [PauseReason] = [.credentials, .trust].filter { $0 != reason }
        _ = try ConnectionLanesTable.resume(connection, from: Set(over), in: transaction)
        if let reason {
            let probe = now.adding(
                milliseconds: ConnectionPace.pauseMilliseconds(builder.connection.probeMilliseconds)
            )
            _ = try ConnectionLanesTable.pause(
                connection,
                for: reason,
                message: message,
                probeAt: probe,
                now: now,
                in: transaction
            )
        }
        var row = try ConnectionLanesTable.standing(of: connection, in: transaction)
        let breaker: ConnectionStanding.Breaker =
            switch standing.breaker {
            case .closed: .closed
            case .open: .open
            case .halfOpen: .halfOpen
            }
        guard row.breaker != breaker else { return }
        row.breaker = breaker
        row.breakerSince = now
        try ConnectionLanesTable.save(row, of: connection, in: transaction)
    }
}
