import Database

@testable import Mirror

extension MirrorDriver {
    /// A turn with its transaction in one: for whoever has time of his own.
    mutating func wholeTurn(
        _ ended: [EndedCall],
        asked: [PageOrder] = [],
        on database: any DatabaseEngine,
        now: Moment
    ) -> Turn {
        var turn = turn(ended, asked: asked, now: now)
        guard let round = turn.round else { return turn }
        let result: Result<RoundResult, DatabaseError>
        do throws(DatabaseError) {
            result = .success(try database.writeAndWait(round))
        } catch {
            result = .failure(error)
        }
        let (calls, answers) = (turn.calls, turn.answers)
        turn = wrote(result, now: now)
        turn.calls = calls + turn.calls
        turn.answers = answers + turn.answers
        return turn
    }
}
