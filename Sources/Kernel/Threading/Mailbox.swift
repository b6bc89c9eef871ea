/// Items from many threads to one: a lock, an array, and one wake-up per burst.
///
/// Posting to a non-empty mailbox wakes nobody, because the wake-up of the first item is still due.
package final class Mailbox<Item: Sendable>: Sendable {
    package let signal: EventSignal
    private let items = Lock<[Item]>([])

    package init(signal: EventSignal = EventSignal()) {
        self.signal = signal
    }

    package func post(_ item: Item) {
        let wasEmpty = items.withLock { items in
            items.append(item)
            return items.count == 1
        }
        if wasEmpty { signal.raise() }
    }

    package func post(_ batch: [Item]) {
        guard !batch.isEmpty else { return }
        let wasEmpty = items.withLock { items in
            let wasEmpty = items.isEmpty
            items += batch
            return wasEmpty
        }
        if wasEmpty { signal.raise() }
    }

    /// Posts unless `countMax` items wait already; false means that the item was refused.
    package func post(_ item: Item, unlessHolding countMax: Int) -> Bool {
        let (accepted, wasEmpty) = items.withLock { items in
            guard items.count < countMax else { return (false, false) }
            items.append(item)
            return (true, items.count == 1)
        }
        if wasEmpty { signal.raise() }
        return accepted
    }

    /// Everything that waits, in order of posting; the mailbox is empty afterwards.
    package func takeAll() -> [Item] {
        items.withLock { items in
            var taken: [Item] = []
            swap(&taken, &items)
            return taken
        }
    }

    package var count: Int {
        items.withLock { $0.count }
    }
}
