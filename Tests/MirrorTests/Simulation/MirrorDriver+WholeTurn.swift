import Database

@testable import Mirror

extension MirrorDriver {
    /// A turn with its transaction in one: for whoever has time of his own.
    mutating func wholeTurn(_ ended: [EndedCall], on database: any DatabaseEngine, now: Moment) -> Turn {
        var turn = turn(ended, now: now)
        guard let round = turn.round else { return turn }
        let result: Result<RoundResult, DatabaseError>
        do throws(DatabaseError) {
            result = .success(try database.writeAndWait(round))
        } catch {
            result = .failure(error)
        }
        let calls = turn.calls
        turn = wrote(result, now: now)
        turn.calls = calls + turn.calls
        return turn
    }
}
