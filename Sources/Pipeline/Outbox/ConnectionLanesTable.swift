package import BillingModel
package import Database
package import Timing

/// Why a connection's queue stands still. Several reasons may hold at once; each goes by itself.
package enum PauseReason: String, Sendable, Hashable, CaseIterable {
    /// A person said so; only a person ends it.
    case `operator`
    /// The provider refused our key (401, 403).
    case credentials
    /// The provider's certificate was not to be trusted.
    case trust
}

package struct Pause: Sendable, Hashable {
    package let reason: PauseReason
    package let since: Timestamp
    package let message: String?
}

/// How a connection stands towards its provider, as it is worth keeping over a restart.
package struct ConnectionStanding: Sendable, Hashable {
    package enum Breaker: String, Sendable, Hashable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    package var pauses: [Pause] = []
    /// When one call may try whether a pause that is not the operator's is over; nil when none is to try.
    package var probeAt: Timestamp?
    package var breaker = Breaker.closed
    package var breakerSince: Timestamp?
    /// Calls a second that the provider last bore; nil: as configured.
    package var rate: Int?

    package init() {}

    package var isPaused: Bool { !pauses.isEmpty }
    package var isPausedByOperator: Bool { pauses.contains { $0.reason == .operator } }
}

/// Pauses and breaker of each connection.
package enum ConnectionLanesTable {
    private static let get = Statement(
        "connection_lanes.get",
        """
        SELECT operator_paused_at, operator_message, credentials_paused_at, credentials_message,
               trust_paused_at, trust_message, probe_at, breaker, breaker_since, rate_per_s
        FROM connection_lanes
        WHERE connection_id = $1
        """
    )
    private static let put = Statement(
        "connection_lanes.put",
        """
        INSERT INTO connection_lanes
            (connection_id, operator_paused_at, operator_message, credentials_paused_at, credentials_message,
             trust_paused_at, trust_message, probe_at, breaker, breaker_since, rate_per_s)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (connection_id) DO UPDATE
        SET operator_paused_at = excluded.operator_paused_at, operator_message = excluded.operator_message,
            credentials_paused_at = excluded.credentials_paused_at,
            credentials_message = excluded.credentials_message,
            trust_paused_at = excluded.trust_paused_at, trust_message = excluded.trust_message,
            probe_at = excluded.probe_at, breaker = excluded.breaker, breaker_since = excluded.breaker_since,
            rate_per_s = excluded.rate_per_s
        """
    )

    package static func standing(
        of connection: ConnectionID,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ConnectionStanding {
        try transaction.first(get, [.integer(connection.rawValue)], standing) ?? ConnectionStanding()
    }

    /// Pauses the connection for one more reason; a reason that holds already keeps its time. True when the
    /// reason is new: then somebody ought to be told.
    package static func pause(
        _ connection: ConnectionID,
        for reason: PauseReason,
        message: String?,
        probeAt: Timestamp? = nil,
        now: Timestamp,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        var standing = try standing(of: connection, in: transaction)
        standing.probeAt = probeAt ?? standing.probeAt
        let isNew = !standing.pauses.contains { $0.reason == reason }
        if isNew { standing.pauses.append(Pause(reason: reason, since: now, message: message)) }
        try save(standing, of: connection, in: transaction)
        return isNew
    }

    /// Ends these pauses; true when any of them held.
    package static func resume(
        _ connection: ConnectionID,
        from reasons: Set<PauseReason> = Set(PauseReason.allCases),
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        var standing = try standing(of: connection, in: transaction)
        let count = standing.pauses.count
        standing.pauses.removeAll { reasons.contains($0.reason) }
        guard standing.pauses.count < count else { return false }
        if standing.pauses.allSatisfy({ $0.reason == .operator }) { standing.probeAt = nil }
        try save(standing, of: connection, in: transaction)
        return true
    }

    /// Writes the whole row; read it in the same transaction.
    package static func save(
        _ standing: ConnectionStanding,
        of connection: ConnectionID,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        var values: [SQLValue] = [.integer(connection.rawValue)]
        for reason in PauseReason.allCases {
            let pause = standing.pauses.first { $0.reason == reason }
            values += [.optional(pause?.since.milliseconds), .optional(pause?.message)]
        }
        values += [
            .optional(standing.probeAt?.milliseconds), .text(standing.breaker.rawValue),
            .optional(standing.breakerSince?.milliseconds), .optional(standing.rate.map { Int64($0) }),
        ]
        try transaction.execute(put, values)
    }

    private static func standing(_ row: any Row) -> ConnectionStanding {
        guard let breaker = ConnectionStanding.Breaker(rawValue: row.text(7)) else {
            preconditionFailure("connection_lanes_breaker_known holds")
        }
        var standing = ConnectionStanding()
        for (index, reason) in PauseReason.allCases.enumerated() {
            guard let since = row.optionalInteger(2 * index) else { continue }
            standing.pauses.append(
                Pause(
                    reason: reason,
                    since: Timestamp(milliseconds: since),
                    message: row.optionalText(2 * index + 1)
                )
            )
        }
        standing.probeAt = row.optionalInteger(6).map(Timestamp.init(milliseconds:))
        standing.breaker = breaker
        standing.breakerSince = row.optionalInteger(8).map(Timestamp.init(milliseconds:))
        standing.rate = row.optionalInteger(9).map { Int($0) }
        return standing
    }
}
