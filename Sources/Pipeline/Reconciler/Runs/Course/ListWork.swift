import BillingModel
import Database
import JSON
import Providers
import Timing

/// Reads a list page by page, in parts that are read side by side. While one page of a part is compared and written
/// the next one is on its way.
final class ListWork: StepWork {
    /// Parts of a first copy that are read at once.
    static let partsMax = 8
    /// Where a first copy's oldest part begins to be divided: 2010, before which nothing was made (Unix seconds).
    static let oldestSecond: Int64 = 1_262_304_000

    enum Source: Sendable, Hashable {
        case all
        case ofCustomer(ProviderID)
    }

    fileprivate struct Part {
        /// As stored.
        var saved: Segment
        /// Where the next question goes on.
        var front: Segment
        var asked: (ticket: Int, AskedAt)?
        /// For so many objects.
        var askedCount = 0
        var arrived: ArrivedPage?
        /// Under which the page that is being written is told of, and what stands after it.
        var writing: (ticket: Int, after: Segment, divided: [Segment])?
        var attempts = Attempts()
        /// Of writing: a page that is read again, because the store did not take it in, is not yet written.
        var writes = Attempts()
        /// How often the page that comes next was begun again because of a list inside an object. Good answers of
        /// the page itself leave it as it is.
        var innerRestarts = 0
        var cursorDeaths = CursorDeaths()

        init(_ segment: Segment) {
            saved = segment
            front = segment
        }
    }

    private let desk: RunDesk
    private let type: ObjectType
    private let source: Source
    private let copy: ListCopy
    /// Objects of the lists that come after this one, as far as is known.
    private let later: Int64
    private var parts: [Part]
    private var size = PageSize()
    /// Of lists inside objects.
    private var innerSize = PageSize()
    private var nextNumber: Int64

    init(_ desk: RunDesk, _ type: ObjectType, _ source: Source, segments: [Segment], later: Int64 = 0) {
        self.desk = desk
        self.type = type
        self.source = source
        copy = segments.lazy.compactMap { ListCopy(rawValue: $0.place) }.first(where: \.isFirst) ?? .known
        self.later = later
        parts = segments.filter { !$0.isDone }.map(Part.init)
        nextNumber = (segments.map(\.number).max() ?? 0) + 1
    }

    var isDone: Bool { parts.isEmpty }

    func advance(now: Timestamp) throws(DatabaseError) -> Timestamp? {
        var next: Timestamp?
        for index in parts.indices {
            try advance(&parts[index], now: now)
            let wait = parts[index].attempts.wait(with: parts[index].writes, now: now)
            if parts[index].asked == nil { next = next.earlier(wait) }
        }
        return next
    }

    private func advance(_ part: inout Part, now: Timestamp) throws(DatabaseError) {
        if let inner = part.arrived?.inner {
            guard part.asked == nil, part.attempts.isDue(now) else { return }
            part.askedCount = innerSize.count
            part.asked = try desk.ask(inner.question(innerSize.count))
            return
        }
        if let page = part.arrived, part.writing == nil {
            part.arrived = nil
            do throws(DatabaseError) {
                // First the question, then the work: the provider takes its time meanwhile.
                try ask(&part, now: now)
                try write(page, &part)
            } catch {
                // The page is not written: it is asked for again.
                part.restart()
                throw error
            }
        } else if part.arrived == nil {
            try ask(&part, now: now)
        }
    }

    private func ask(_ part: inout Part, now: Timestamp) throws(DatabaseError) {
        guard part.asked == nil, !part.front.isDone, !desk.isOver else { return }
        guard part.attempts.wait(with: part.writes, now: now) == nil else { return }
        part.askedCount = size.count
        part.asked = try desk.ask(read(part.front))
    }

    private func read(_ segment: Segment) -> ProviderRead {
        let page = PageRequest(segment.cursor.map { .after($0) } ?? .first, count: size.count)
        switch source {
        case .all:
            return .list(
                type,
                createdFrom: segment.range.from,
                createdThrough: segment.range.through,
                page: page
            )
        case .ofCustomer(let customer):
            return .listOfCustomer(type, customer, page: page)
        }
    }

    private func write(_ page: ArrivedPage, _ part: inout Part) throws(DatabaseError) {
        let items = page.refusing(try desk.compare(page.values, type))
        var ready = RunPage(asked: page.asked, date: page.date, source: .list, type: type, items: items)
        ready.segment = (page.after, part.saved.pages)
        ready.divided = page.divided
        ready.copy = copy
        ready.later = later
        part.writing = (desk.write(ready), page.after, page.divided)
        part.innerRestarts = 0
    }

    // MARK: Answers

    func answered(_ ticket: Int, _ answer: PageAnswer, now: Timestamp) throws(DatabaseError) {
        guard let index = parts.firstIndex(where: { $0.asked?.ticket == ticket }),
            let asked = parts[index].asked?.1
        else { return }
        parts[index].asked = nil
        switch answer {
        case .page(let page, let date):
            desk.isAnswered(asked)
            parts[index].attempts.succeed()
            if parts[index].arrived?.inner != nil {
                innerSize.isGood(asked: parts[index].askedCount)
                if parts[index].arrived?.takeInner(page) == false { desk.noteOnce(RunNote.innerLeftOut) }
                let bytesMax = desk.surroundings.patience.wholeBytesMax
                // The next question waits for the page to be whole: it goes on where the page ends now.
                if let front = parts[index].arrived?.cut(at: bytesMax) { parts[index].front = front }
            } else if page.hasMore, page.lastID == parts[index].front.cursor {
                desk.end(.endless(type.rawValue))
            } else {
                size.isGood(asked: parts[index].askedCount)
                take(page, asked, date, index)
            }
        case .cursorGone(let fault):
            if parts[index].arrived?.inner != nil {
                // Rows of an inner list went while they were read: the whole page is read again.
                loseInner(fault, asked, index)
            } else if parts[index].front.cursor == nil {
                restart(fault, index)
            } else {
                loseCursor(asked, index, now: now)
            }
        case .retryLater(_, let trouble) where trouble.kind == .tooLarge:
            desk.isAnswered(asked)
            parts[index].attempts.succeed()
            isTooLarge(index)
        case .retryLater(let milliseconds, let trouble):
            desk.isTroubled(trouble, asking: milliseconds, &parts[index].attempts)
        case .missing(let fault), .refused(let fault):
            refuse(fault, asked, index)
        case .object:
            desk.end(.refused("one object came where a list was asked for"))
        case .stopping:
            desk.drop()
        }
    }

    private func take(_ page: ProviderPage, _ asked: AskedAt, _ date: Timestamp?, _ index: Int) {
        let end = PageEnd(
            lastID: page.lastID,
            lastCreated: page.elements.last?["created"]?.integer,
            hasMore: page.hasMore,
            count: page.elements.count
        )
        var after = parts[index].front.advanced(past: end)
        if copy.isFirst, after.pages == 1 {
            // From here on it is known where the part's objects begin: for the estimate of what is left.
            let begin = FirstCopyEstimate.beginning(of: page.elements.compactMap { $0["created"]?.integer })
            after.range.through = [after.range.through, begin].compactMap(\.self).min()
        }
        var divided: [Segment] = []
        let pending = parts.reduce(0) {
            $0 + ($1.writing?.divided.count ?? 0) + ($1.arrived?.divided.count ?? 0)
        }
        if copy.isFirst, source == .all, parts.count + pending < Self.partsMax,
            let (newer, older) = after.divided(number: nextNumber, oldest: Self.oldestSecond)
        {
            nextNumber += 1
            after = newer
            var older = older
            older.place = copy.rawValue
            divided = [older]
        }
        parts[index].front = after
        if let second = after.cursorCreated { parts[index].cursorDeaths.hasReached(second) }
        var arrived = ArrivedPage(asked: asked, date: date, values: page.elements, after: after)
        arrived.divided = divided
        arrived.findInner(type)
        parts[index].arrived = arrived
    }

    /// The same is asked for in smaller portions.
    private func isTooLarge(_ index: Int) {
        let asked = parts[index].askedCount
        if parts[index].arrived?.inner == nil {
            guard size.halve(asked: asked) else { return desk.end(.tooLarge(type.rawValue)) }
            desk.noteOnce(RunNote.smallerPages(type.rawValue, size.count))
        } else if innerSize.halve(asked: asked) {
            desk.noteOnce(RunNote.smallerParts(innerSize.count))
        } else {
            parts[index].arrived?.refuseInner(InnerList.tooLargeRow)
            desk.noteOnce(RunNote.innerLeftOut)
        }
    }

    /// Begins the list again at the cursor's second; gives the run up when that leads to the same again and again.
    private func loseCursor(_ asked: AskedAt, _ index: Int, now: Timestamp) {
        let patience = desk.surroundings.patience
        let front = parts[index].front
        parts[index].cursorDeaths.add(at: front.cursorCreated)
        let deaths = parts[index].cursorDeaths.count
        guard deaths < patience.cursorDeathsMax else {
            let second = front.cursorCreated.flatMap { Timestamp(seconds: $0) }
            let place = second.map { " beyond \($0.rfc3339)" } ?? ""
            desk.end(
                .exhausted(
                    "the list of \(type.rawValue) objects cannot be read\(place): the provider did not accept "
                        + "its cursor \(deaths) times"
                )
            )
            return
        }
        desk.hasDiedCursor(type)
        var after = front.withoutCursor()
        after.pages += 1
        parts[index].front = after
        parts[index].arrived = ArrivedPage(asked: asked, date: nil, values: [], after: after)
        // The first one is nothing special, and nothing is won by waiting.
        guard deaths > 1 else { return }
        let delay = patience.delayMilliseconds(afterAttempt: deaths - 1, asked: 0)
        parts[index].attempts.wait(until: now.adding(milliseconds: delay))
    }

    /// A list inside an object of the page is not there any more: the page is read again, most likely without the
    /// object. If it does not get better, only the object is left out.
    private func loseInner(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        guard parts[index].innerRestarts < desk.surroundings.patience.innerRestartsMax else {
            refuseInner(fault, asked, index)
            return
        }
        parts[index].innerRestarts += 1
        restart(fault, index)
    }

    private func refuseInner(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        desk.isAnswered(asked)
        parts[index].attempts.succeed()
        parts[index].arrived?.refuseInner(fault.description)
    }

    private func refuse(_ fault: ProviderFault, _ asked: AskedAt, _ index: Int) {
        let isGone = fault.code == "resource_missing"
        if parts[index].arrived?.inner != nil, isGone {
            loseInner(fault, asked, index)
        } else if parts[index].arrived?.inner != nil, !fault.isOfCredentials {
            refuseInner(fault, asked, index)
        } else if isGone, case .ofCustomer = source {
            // A customer that is gone has no list; what is here of it is asked for one by one.
            var after = parts[index].front
            after.isDone = true
            after.pages += 1
            parts[index].front = after
            parts[index].arrived = ArrivedPage(asked: asked, date: nil, values: [], after: after)
        } else {
            desk.end(.refused(fault.description))
        }
    }

    /// What was read changed while it was: it is read again after a while.
    private func restart(_ fault: ProviderFault, _ index: Int) {
        parts[index].restart()
        let trouble = PageTrouble(.unreadable, code: fault.code ?? "refused", message: fault.message)
        desk.isTroubled(trouble, asking: 0, &parts[index].attempts)
    }

    func written(_ ticket: Int, _ result: Result<PageOutcome, DatabaseError>, now: Timestamp) {
        guard let index = parts.firstIndex(where: { $0.writing?.ticket == ticket }),
            let writing = parts[index].writing
        else { return }
        parts[index].writing = nil
        guard desk.isWritten(result) else {
            parts[index].restart()
            desk.isUnwritten(&parts[index].writes)
            return
        }
        parts[index].writes.succeed()
        parts[index].saved = writing.after
        for segment in writing.divided { parts.append(Part(segment)) }
        if writing.after.isDone { parts.remove(at: index) }
    }
}

/// How often cursors of a part died without getting further.
private struct CursorDeaths {
    private(set) var count = 0
    /// Of the oldest cursor that died: lists go from the newest object back, so less is further.
    private var oldest: Int64?

    mutating func add(at second: Int64?) {
        count += 1
        oldest = [oldest, second].compactMap(\.self).min()
    }

    /// A page ends at this second.
    mutating func hasReached(_ second: Int64) {
        if let oldest, second < oldest { count = 0 }
    }
}

extension ProviderFault {
    /// The key may not ask, or nothing was sent: no other question would be answered either.
    var isOfCredentials: Bool { status == 401 || status == 403 || status == 0 }
}

extension ListWork.Part {
    /// From what is stored.
    fileprivate mutating func restart() {
        front = writing?.after ?? saved
        // An answer that is on its way finds nobody.
        asked = nil
        arrived = nil
    }
}
