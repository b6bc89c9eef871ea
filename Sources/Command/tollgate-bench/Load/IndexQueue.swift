/// First in, first out, for the numbers below `capacity`; each stands in it at most once.
struct IndexQueue {
    private var items: [Int] = []
    private var head = 0
    private var isPresent: [Bool]

    init(capacity: Int) {
        isPresent = [Bool](repeating: false, count: capacity)
    }

    var isEmpty: Bool { head == items.count }

    mutating func append(_ index: Int) {
        guard !isPresent[index] else { return }
        isPresent[index] = true
        items.append(index)
    }

    mutating func takeFirst() -> Int? {
        guard head < items.count else { return nil }
        let index = items[head]
        head += 1
        isPresent[index] = false
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 4096 {
            items.removeFirst(head)
            head = 0
        }
        return index
    }
}
