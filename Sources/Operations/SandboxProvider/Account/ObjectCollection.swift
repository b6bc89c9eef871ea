/// All objects of one type: by id, and in the order in which they were made.
struct ObjectCollection: Sendable {
    struct Stored: Sendable {
        var object: WireObject
        let rank: Int
        var isDeleted = false
    }

    enum Lookup {
        case live(WireObject)
        case deleted
        case unknown
    }

    let kind: ObjectKind
    private var stored: [String: Stored] = [:]
    /// Ids by rank, from 0.
    private var order: [String] = []
    /// Ranks by the indexed member's value; may hold ranks whose object has another value by now.
    private var index: [String: [Int]] = [:]
    private let derived: DerivedCustomers?
    private let text: DerivedCustomerText?
    /// Ranks of derived objects that were changed, and are stored since.
    private var touched: Set<Int> = []

    init(_ kind: ObjectKind, derived: DerivedCustomers? = nil) {
        self.kind = kind
        self.derived = derived
        text = derived.map(DerivedCustomerText.init)
    }

    /// Objects that hold memory.
    var storedCount: Int { stored.count }
    var ids: [String] { order }
    /// One past the newest.
    var rankEnd: Int { order.count }
    var rankStart: Int { -(derived?.count ?? 0) }

    func lookup(_ id: String) -> Lookup {
        if let found = stored[id] { return found.isDeleted ? .deleted : .live(found.object) }
        if let derived, let index = derived.index(ofID: id) { return .live(derived.customer(index)) }
        return .unknown
    }

    func live(_ id: String) -> WireObject? {
        if case .live(let object) = lookup(id) { object } else { nil }
    }

    func rank(_ id: String) -> Int? {
        stored[id]?.rank ?? derived?.index(ofID: id).map { $0 + rankStart }
    }

    /// The live object of a rank; nil for a deleted one.
    func object(atRank rank: Int) -> WireObject? {
        if rank >= 0 {
            guard let found = stored[order[rank]], !found.isDeleted else { return nil }
            return found.object
        }
        guard let derived else { return nil }
        let index = rank - rankStart
        if touched.contains(rank), let found = stored[derived.id(index)] {
            return found.isDeleted ? nil : found.object
        }
        return derived.customer(index)
    }

    /// Whether the rank's object follows from its index alone; `append` then writes it.
    func isUntouched(_ rank: Int) -> Bool { rank < 0 && !touched.contains(rank) }

    /// The JSON of an untouched object.
    func append(untouched rank: Int, to bytes: inout [UInt8]) {
        text?.append(rank - rankStart, to: &bytes)
    }

    /// Seconds; ranks are ordered by it.
    func created(atRank rank: Int) -> Int64 {
        if rank >= 0 { return stored[order[rank]]?.object.integer("created") ?? 0 }
        return derived?.created(rank - rankStart) ?? 0
    }

    mutating func insert(_ object: WireObject) {
        guard let id = object.text("id") else { preconditionFailure("an object has an id") }
        let rank = order.count
        stored[id] = Stored(object: object, rank: rank)
        order.append(id)
        note(object, rank)
    }

    mutating func replace(_ object: WireObject) {
        guard let id = object.text("id"), let rank = rank(id) else {
            preconditionFailure("only a known object is replaced")
        }
        if let member = kind.indexedMember, live(id)?.text(member) != object.text(member) {
            note(object, rank)
        }
        stored[id] = Stored(object: object, rank: rank)
        if rank < 0 { touched.insert(rank) }
    }

    mutating func delete(_ id: String) {
        guard let rank = rank(id) else { preconditionFailure("only a known object is deleted") }
        // Its time stays: lists are searched by it.
        stored[id] = Stored(object: ["created": .integer(created(atRank: rank))], rank: rank, isDeleted: true)
        if rank < 0 { touched.insert(rank) }
    }

    private mutating func note(_ object: WireObject, _ rank: Int) {
        guard let member = kind.indexedMember, let value = object.text(member) else { return }
        index[value, default: []].append(rank)
    }

    /// The ranks whose object may have that value, the newest first, each once.
    func ranks(indexed value: String) -> [Int] {
        var ranks = index[value] ?? []
        if kind == .customer, let derived, let index = derived.index(ofEmail: value) {
            ranks.append(index + rankStart)
        }
        ranks.sort(by: >)
        var last: Int?
        return ranks.filter { rank in
            defer { last = rank }
            return rank != last
        }
    }

    /// The first rank whose object was made at `second` or later.
    func firstRank(createdFrom second: Int64) -> Int {
        var low = rankStart
        var high = rankEnd
        while low < high {
            let middle = low + (high - low) / 2
            if created(atRank: middle) < second { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
