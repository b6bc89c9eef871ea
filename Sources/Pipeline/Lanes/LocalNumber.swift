package import Database

/// Numbers under which objects made here are shown before, and after, the provider has them. They have a range of
/// their own among the numbers of public ids, above all row numbers.
package enum LocalNumber {
    private static let flag: Int64 = 1 << 49

    /// A number that no object had, nor ever will have.
    package static func draw(in transaction: any WriteTransaction) throws(DatabaseError) -> Int64 {
        let tick = try LogicalClockTable.next(in: transaction).rawValue
        precondition(tick < flag, "ticks fit forty-nine bits")
        return flag | tick
    }

    package static func isMade(_ number: Int64) -> Bool { number & flag != 0 }
}
