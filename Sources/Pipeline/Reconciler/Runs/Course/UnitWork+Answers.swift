import BillingModel
import Database
import JSON
import Lanes
import Providers
import Timing

/// What the answers mean for the objects that were asked for.
extension UnitWork {
    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) throws(DatabaseError) {
        guard let index = units.firstIndex(where: { $0.asked?.ticket == ticket }),
            let asked = units[index].asked?.1
        else { return }
        units[index].asked = nil
        switch answer {
        case .retryLater(_, let trouble) where trouble.kind == .tooLarge:
            desk.isAnswered(asked)
            units[index].attempts.succeed()
            isTooLarge(asked, index)
            return
        case .retryLater(let milliseconds, let trouble):
            desk.isTroubled(trouble, asking: milliseconds, &units[index].attempts)
            return
        case .stopping:
            desk.drop()
            return
        case .page, .object, .missing, .cursorGone, .refused:
            desk.isAnswered(asked)
            units[index].attempts.succeed()
        }
        switch answer {
        case .page(let page, let date):
            size.isGood(asked: units[index].askedCount)
            take(page, asked, date, index)
        case .object(let value, let date): try take(value, asked, date, index)
        case .missing(let fault): try isMissing(fault, asked, index)
        case .cursorGone(let fault): beginAgain(fault, asked, index)
        case .refused(let fault): refuse(fault, asked, index)
        case .retryLater, .stopping: break
        }
    }

    /// Lists are asked for in smaller portions; an object alone cannot be.
    private func isTooLarge(_ asked: AskedAt, _ index: Int) {
        let unit = units[index]
        let hasInner = unit.arrived?.inner != nil
        if let doubt = unit.doubt {
            buryMissing(unit, second: doubt.secondMissing, index)
        } else if hasInner || walk == .methods, size.halve(asked: unit.askedCount) {
            let note =
                hasInner ? RunNote.smallerParts(size.count) : RunNote.smallerPages(type.rawValue, size.count)
            desk.noteOnce(note)
        } else if hasInner {
            units[index].arrived?.refuseInner(InnerList.tooLargeRow)
            desk.noteOnce(RunNote.innerLeftOut)
        } else {
            let words = "it is larger than an answer may be"
            write([.refused(key(unit), number: unit.number, words: words)], asked, nil, index, next: nil)
        }
    }

    private func take(_ page: ProviderPage, _ asked: AskedAt, _ date: Timestamp?, _ index: Int) {
        if units[index].arrived?.inner != nil {
            if units[index].arrived?.takeInner(page) == false { desk.noteOnce(RunNote.innerLeftOut) }
            return
        }
        guard case .methods = walk else {
            desk.end(.refused("a list came where one object was asked for"))
            return
        }
        guard !page.hasMore || page.lastID != units[index].cursor else {
            desk.end(.endless(type.rawValue))
            return
        }
        var arrived = ArrivedPage(asked: asked, date: date, values: page.elements, after: segment)
        arrived.next = page.hasMore ? page.lastID : nil
        units[index].arrived = arrived
    }

    private func take(
        _ value: JSONValue,
        _ asked: AskedAt,
        _ date: Timestamp?,
        _ index: Int
    ) throws(DatabaseError) {
        let unit = units[index]
        if let doubt = unit.doubt {
            // The account is ours.
            return buryMissing(unit, second: doubt.secondMissing, index)
        }
        guard !StripeAnswers.isDeletedForm(value) else {
            return bury(unit, .deleted, asked, date, index)
        }
        var arrived = ArrivedPage(asked: asked, date: date, values: [value], after: segment)
        arrived.findInner(type)
        units[index].arrived = arrived
    }

    private func isMissing(
        _ fault: ProviderFault,
        _ asked: AskedAt,
        _ index: Int
    ) throws(DatabaseError) {
        let unit = units[index]
        if unit.doubt != nil { return isUnknown(index) }
        if unit.arrived?.inner != nil {
            // It went while its inner list was read: it is asked for again.
            beginAgain(fault, asked, index)
            return
        }
        switch walk {
        case .methods: units.remove(at: index)
        case .unmet, .unmetOfCustomer, .customer:
            guard unit.firstMissing != nil else {
                units[index].firstMissing = asked
                return
            }
            let witnesses = try witnesses(of: unit)
            if witnesses.isEmpty {
                buryMissing(unit, second: asked, index)
            } else {
                let count = witnesses.count
                units[index].doubt = Doubt(secondMissing: asked, count: count, witnesses: witnesses[...])
            }
        }
        if units.isEmpty { chunkIsDone() }
    }

    /// From the start, after a while: short lists, and what was met is counted once. If that leads to the same again
    /// and again, the object is left as it is.
    private func beginAgain(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let patience = desk.surroundings.patience
        let hasInner = units[index].arrived?.inner != nil
        guard units[index].restarts < (hasInner ? patience.innerRestartsMax : patience.cursorDeathsMax) else {
            writeRefusal(fault, asked, index)
            return
        }
        units[index].restarts += 1
        units[index].cursor = nil
        units[index].arrived = nil
        let trouble = PageTrouble(.unreadable, code: fault.code ?? "refused", message: fault.message)
        desk.isTroubled(trouble, asking: 0, &units[index].attempts)
    }

    /// Who is asked for before a customer that was named is believed to be gone. Where a list was read, the list told
    /// the account already; and test data is emptied on purpose now and then.
    private func witnesses(of unit: Unit) throws(DatabaseError) -> [ProviderID] {
        guard case .customer = walk, unit.number != nil, desk.order.mode == .apply,
            desk.connection.connection.scope.mode.isLive
        else { return [] }
        let connection = desk.order.connection
        return try desk.surroundings.database.read { transaction throws(DatabaseError) in
            try AccountDoubt.witnesses(beside: unit.id, on: connection, in: transaction)
        }
    }

    /// The witness is not known there either.
    private func isUnknown(_ index: Int) {
        units[index].doubt?.witnesses.removeFirst()
        guard let doubt = units[index].doubt, doubt.witnesses.isEmpty else { return }
        desk.end(.foreignAccount(asked: doubt.count + 1))
    }

    private func buryMissing(_ unit: Unit, second: AskedAt, _ index: Int) {
        guard let first = unit.firstMissing else { preconditionFailure("asked twice") }
        bury(unit, .missing(first: first.start), second, nil, index)
    }

    private func bury(_ unit: Unit, _ gone: Gone, _ asked: AskedAt, _ date: Timestamp?, _ index: Int) {
        guard let number = unit.number else {
            // Neither here nor there: a customer that somebody named by mistake.
            desk.end(.refused("there is no \(type.rawValue) \(unit.id)"))
            return
        }
        write([.gone(key(unit), number: number, gone)], asked, date, index, next: nil)
    }

    private func refuse(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        if units[index].arrived?.inner != nil, fault.code == "resource_missing" {
            beginAgain(fault, asked, index)
        } else if fault.isOfCredentials {
            desk.end(.refused(fault.description))
        } else if units[index].doubt != nil {
            isUnknown(index)
        } else if case .methods = walk, fault.code == "resource_missing" {
            units.remove(at: index)
            if units.isEmpty { chunkIsDone() }
        } else {
            writeRefusal(fault, asked, index)
        }
    }

    private func writeRefusal(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let unit = units[index]
        let words = unit.arrived?.inner?.refusal(fault.description) ?? fault.description
        write([.refused(key(unit), number: unit.number, words: words)], asked, nil, index, next: nil)
    }

    /// What the unit is: where payment methods are listed, a customer.
    func key(_ unit: Unit) -> ObjectKey {
        let type = walk == .methods ? ObjectType.customer : type
        return ObjectKey(connection: desk.order.connection, type: type, id: unit.id)
    }
}
