package import Database

/// The store's logical clock. A tick belongs to whoever's transaction drew it; when that is undone the tick may be
/// drawn again, because then nothing bears it.
package enum LogicalClockTable {
    private static let advance = Statement(
        "logical_clock.advance",
        """
        UPDATE logical_clock
        SET tick = tick + $1
        WHERE id = 1
        RETURNING tick
        """
    )

    package static func next(in transaction: any WriteTransaction) throws(DatabaseError) -> Tick {
        try next(1, in: transaction)
    }

    /// Draws `count` ticks in one step and returns the first; the others follow it one by one.
    package static func next(
        _ count: Int,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Tick {
        precondition(count >= 1, "a block of ticks holds one at least")
        let last = try transaction.first(advance, [.integer(Int64(count))]) { $0.integer(0) }
        guard let last else { preconditionFailure("migration 4 makes the clock's row") }
        return Tick(rawValue: last - Int64(count) + 1)
    }
}
