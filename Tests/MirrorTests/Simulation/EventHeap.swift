/// What happens next, in virtual time; equal times in the order in which they were added.
struct EventHeap<Element> {
    private var items: [(time: Int64, number: Int, element: Element)] = []
    private var added = 0

    var nextTime: Int64? { items.first?.time }

    mutating func add(_ element: Element, at time: Int64) {
        items.append((time, added, element))
        added += 1
        var child = items.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func take() -> Element? {
        guard !items.isEmpty else { return nil }
        items.swapAt(0, items.count - 1)
        let taken = items.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && isBefore(child, least)
            {
                least = child
            }
            guard least != parent else { break }
            items.swapAt(parent, least)
            parent = least
        }
        return taken.element
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (items[left].time, items[left].number) < (items[right].time, items[right].number)
    }
}
