import BillingModel
import JSON
import Providers
import Timing

/// A page that waits to be compared, with the lists inside its objects that are longer than the page shows.
struct ArrivedPage: Sendable {
    let asked: AskedAt
    let date: Timestamp?
    private(set) var values: [JSONValue]
    private(set) var after: Segment
    var divided: [Segment] = []
    /// Of a list without a segment of its own: where it goes on; nil at its end.
    var next: ProviderID?
    /// The first object whose inner list is not whole; nil when all are.
    private(set) var inner: InnerList?
    /// Objects whose inner list the provider did not show to its end, with the words why.
    private var refusals: [ProviderID: String] = [:]
    /// Objects before this one are whole, or left out.
    private var wholeCount = 0
    /// Of the objects that were made whole.
    private var wholeBytes = 0
    private var type = ObjectType.customer

    init(asked: AskedAt, date: Timestamp?, values: [JSONValue], after: Segment) {
        self.asked = asked
        self.date = date
        self.values = values
        self.after = after
    }

    /// Looks for the next object whose inner list was cut short.
    mutating func findInner(_ type: ObjectType) {
        self.type = type
        inner = nil
        while wholeCount < values.count {
            if let list = InnerList(of: values[wholeCount], type) {
                inner = list
                return
            }
            wholeCount += 1
        }
    }

    /// False when the list has no end that can be reached: then its object is left out.
    mutating func takeInner(_ page: ProviderPage) -> Bool {
        guard var list = inner else { return true }
        list.take(page)
        if list.problem == nil, !list.isWhole {
            inner = list
            return true
        }
        guard list.problem == nil, let whole = list.merged() else {
            refuseInner(list.problem ?? InnerList.tooLarge)
            return false
        }
        values[wholeCount] = whole
        wholeBytes += whole.rawBytes.count
        wholeCount += 1
        findInner(type)
        return true
    }

    /// Ends the page before the next object whose inner list is to be read, once those that were made whole have so many
    /// bytes together; what comes after is read with the next page. Nil when it stays as it is.
    mutating func cut(at bytesMax: Int) -> Segment? {
        guard inner != nil, wholeBytes >= bytesMax, wholeCount > 0,
            let id = StripeAnswers.id(of: values[wholeCount - 1]),
            let created = values[wholeCount - 1]["created"]?.integer
        else { return nil }
        after = after.ended(early: id, created: created, leaving: values.count - wholeCount)
        values.removeSubrange(wholeCount...)
        inner = nil
        return after
    }

    /// Leaves out the object whose inner list is being read, and goes on with the next one.
    mutating func refuseInner(_ words: String) {
        guard let list = inner else { return }
        refusals[list.id] = list.refusal(words)
        wholeCount += 1
        findInner(type)
    }

    /// The compared objects, without those that were left out.
    func refusing(_ items: [PageItem]) -> [PageItem] {
        guard !refusals.isEmpty else { return items }
        return items.map { item in
            guard let words = refusals[item.key.id] else { return item }
            // What is here of it counts as met: it is shown, only not to its end.
            return .refused(item.key, number: item.number, words: words)
        }
    }
}

/// A list inside an object of which the object shows only the beginning (invoice lines, subscription items).
struct InnerList: Sendable {
    private let object: JSONValue
    private let member: String
    let id: ProviderID
    private let type: ObjectType
    private var rows: [JSONValue]
    private var bytes: Int
    private var cursor: ProviderID?
    private var pastCursors: Set<ProviderID> = []
    private(set) var isWhole = false
    /// Why there is no end that can be reached; nil while there may be one.
    private(set) var problem: String?

    static let endless = "the provider shows the same part again and again"
    static let tooLarge = "it is larger than an object may be"
    static let tooLargeRow = "a part of it is larger than an answer may be"

    /// Nil when the object has no such list, or all of it.
    init?(of object: JSONValue, _ type: ObjectType) {
        let member: String
        switch type {
        case .invoice: member = "lines"
        case .subscription: member = "items"
        default: return nil
        }
        guard let list = object.member(member), list["has_more"]?.boolean == true, let data = list["data"],
            data.kind == .array, let id = StripeAnswers.id(of: object)
        else { return nil }
        self.object = object
        self.member = member
        self.id = id
        self.type = type
        rows = Array(data.elements)
        bytes = object.rawBytes.count
        cursor = rows.last.flatMap { StripeAnswers.id(of: $0) }
    }

    func question(_ count: Int) -> ProviderRead {
        let page = PageRequest(cursor.map { .after($0) } ?? .first, count: count)
        return type == .invoice ? .invoiceLines(id, page: page) : .subscriptionItems(id, page: page)
    }

    /// Why the object is left out, in words.
    func refusal(_ words: String) -> String { "its \(member) cannot be read to the end: \(words)" }

    mutating func take(_ page: ProviderPage) {
        rows += page.elements
        bytes += page.elements.reduce(0) { $0 + $1.rawBytes.count }
        isWhole = !page.hasMore
        if let cursor { pastCursors.insert(cursor) }
        cursor = page.lastID
        // A larger object could not be stored, and a list that always has more becomes one.
        if bytes > JSONLimits.standard.bytesMax {
            problem = Self.tooLarge
        } else if page.hasMore, cursor.map(pastCursors.contains) ?? true {
            problem = Self.endless
        }
    }

    /// The object with all rows.
    func merged() -> JSONValue? {
        var writer = JSONWriter(capacity: object.rawBytes.count + 1_024)
        writer.beginObject()
        for (name, value) in object.members {
            writer.key(name)
            guard name == member else {
                writer.raw(value)
                continue
            }
            writer.beginObject()
            for (name, value) in value.members {
                writer.key(name)
                switch name {
                case "data":
                    writer.beginArray()
                    for row in rows { writer.raw(row) }
                    writer.endArray()
                case "has_more": writer.boolean(false)
                default: writer.raw(value)
                }
            }
            writer.endObject()
        }
        writer.endObject()
        // Rows of pages are whole values, so the text is an object, if not too large a one.
        return try? JSONDocument.parse(writer.bytes).root
    }
}
